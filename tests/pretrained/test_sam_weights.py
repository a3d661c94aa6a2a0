"""SAM's weights from any program: the same maps as that program, and a model that goes on from there."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from sam_files import original_names, transformers_sam
from torch.nn import functional as F

from sketchcell import load_model
from sketchcell.errors import SketchcellError
from sketchcell.networks.encoders import SIZES, build_encoder, encoder_size
from sketchcell.pretrained.sam import import_weights, recognises

pytest.importorskip("transformers")

MEAN = torch.tensor([0.485, 0.456, 0.406])[:, None, None]
DEVIATION = torch.tensor([0.229, 0.224, 0.225])[:, None, None]
TINY = {
    "kind": "tiny-vit",
    "widths": [8, 8, 12, 16],
    "depths": [1, 1, 2, 1],
    "heads": [2, 3, 4],
    "windows": [3, 4, 2],
    "channels": 32,
}


@pytest.fixture(scope="module")
def sam():
    return transformers_sam()


@pytest.fixture(scope="module")
def tiny_state(sam):
    """MobileSAM's layout: TinyViT under the original's name, the rest as the original."""
    torch.manual_seed(1)
    encoder = build_encoder(TINY | {"image_size": 1024})
    state = {f"image_encoder.{key}": tensor for key, tensor in encoder.state_dict().items()}
    rest = original_names(sam.state_dict())
    return state | {key: tensor for key, tensor in rest.items() if not key.startswith("image_encoder.")}


def masks_of(sam, image, size, input_size=64):
    """What the library itself says: three masks without a prompt, as large as the window."""
    shown = F.interpolate(image.expand(-1, 3, -1, -1), size=(input_size, input_size), mode="bilinear")
    with torch.inference_mode():
        masks = sam(pixel_values=(shown - MEAN) / DEVIATION, multimask_output=True).pred_masks
    return F.interpolate(masks[:, 0], size=(size, size), mode="bilinear")


@pytest.mark.parametrize("layout", ["transformers", "original", "within another model"])
@pytest.mark.parametrize("window", [16, 32, 64])
def test_maps_are_the_masks_of_the_library(sam, layout, window):
    state = sam.state_dict()
    if layout != "transformers":
        state = original_names(state)
        assert "image_encoder.blocks.0.norm1.weight" in state
        assert not any("layer_norm" in key or "proj_in" in key for key in state)
    if layout == "within another model":
        state = {f"sam.{key}": tensor for key, tensor in state.items()}
    assert recognises(state)
    imported = import_weights(state, "sam.pt", head="full", family="flow", window=window)
    network = imported.model.network
    image = torch.rand(2, 1, window, window)
    with torch.inference_mode():
        maps = network(image)
    expected = masks_of(sam, image, window)
    assert expected.std() > 0.1
    torch.testing.assert_close(maps, 0.1 * expected, atol=1e-5, rtol=1e-4)
    assert not any("left out" in note for note in imported.notes)


@pytest.mark.parametrize(
    "name",
    ["shared_image_embedding.positional_embedding", "prompt_encoder.shared_embedding.positional_embedding"],
)
def test_one_name_of_a_tensor_with_two_is_enough(sam, name):
    state = {key: tensor for key, tensor in sam.state_dict().items() if key != name}
    assert len(state) == len(sam.state_dict()) - 1
    head = import_weights(state, "x", head="full", window=32).model.network.head
    torch.testing.assert_close(head.frequencies, sam.shared_image_embedding.positional_embedding.detach())


@pytest.mark.slow
def test_maps_are_the_masks_of_the_library_in_the_dimensions_of_vit_b():
    """All of its 90 M parameters, on an image of 256 instead of 1024 pixels."""
    vision = {"image_size": 256, "global_attn_indexes": [2, 5, 8, 11]}
    sam = transformers_sam(vision=vision, prompt={"image_size": 256}, decoder={})
    model = import_weights(original_names(sam.state_dict()), "sam.pth", head="full", window=64).model
    size = encoder_size(model.config.network_options["variant"])
    assert replace(size, image_size=1024) == SIZES["vit-b"]
    image = torch.rand(1, 1, 64, 64)
    with torch.inference_mode():
        maps = model.network(image)
    expected = masks_of(sam, image, 64, 256)[:, :1]
    assert expected.std() > 0.1
    torch.testing.assert_close(maps, 0.1 * expected, atol=1e-4, rtol=1e-4)


def test_samcell_is_ready_to_segment(sam):
    imported = import_weights(sam.state_dict(), "samcell-generalist.pt", window=32)
    model = imported.model
    image = torch.rand(1, 1, 32, 32)
    with torch.inference_mode():
        ours = model.family.activate(model.network(image))[:, 0]
    torch.testing.assert_close(ours, masks_of(sam, image, 32)[:, 0].sigmoid(), atol=1e-5, rtol=1e-4)
    params = model.config.params
    assert (params.peak_threshold, params.fill_threshold) == (0.47, 0.09)
    assert (params.parting, params.speck_size) == (0, 0)
    assert model.config.normalization.clahe
    assert model.config.provenance["kind"] == "SAMCell"
    assert any("ready to segment" in note for note in imported.notes)
    # whether a file is SAMCell's can be said, too
    named = import_weights(sam.state_dict(), "best.pt", samcell=True, window=32).model
    assert named.config.params == params
    raw = import_weights(sam.state_dict(), "samcell.pt", samcell=False, window=32)
    assert raw.model.config.provenance["kind"] == "SAM"


@pytest.mark.parametrize("changes", [{"family": "flow"}, {"head": "cut"}])
def test_samcell_is_a_distance_map(sam, changes):
    with pytest.raises(SketchcellError, match="samcell=False"):
        import_weights(sam.state_dict(), "best.pt", samcell=True, **changes)


def test_a_raw_sam_gives_its_encoder_and_says_what_begins_anew(sam):
    imported = import_weights(sam.state_dict(), "sam_vit.safetensors", window=32)
    options = imported.model.config.network_options
    assert (options["head"], options["encoder"]) == ("cut", "frozen")
    assert any("begins anew" in note for note in imported.notes)
    assert any("samcell=True" in note for note in imported.notes)
    network = imported.model.network
    image = torch.rand(1, 1, 32, 32)
    with torch.inference_mode():
        embedding = network.encoder(image)
        shown = F.interpolate(image.expand(-1, 3, -1, -1), size=(64, 64), mode="bilinear")
        expected = sam.get_image_embeddings((shown - MEAN) / DEVIATION)
        assert not network(image).any()  # a head that knows nothing says nothing
    torch.testing.assert_close(embedding, expected, atol=1e-5, rtol=1e-4)


def test_sizes_are_told_by_shapes(sam):
    import_options = import_weights(sam.state_dict(), "x", head="full", window=32).model.config
    size = encoder_size(import_options.network_options["variant"])
    assert (size.image_size, size.patch, size.width, size.depth) == (64, 8, 32, 3)
    assert (size.heads, size.mlp, size.attention_window, size.global_layers) == (4, 40, 3, (1,))
    assert import_options.network_options["decoder"] == {"depth": 2, "heads": 8, "mlp": 24}


def test_more_maps_than_masks_begin_as_copies_of_them(sam):
    imported = import_weights(sam.state_dict(), "x", family="multiclass", head="full", window=32)
    outputs = len(imported.model.family.channels(imported.model.config.params))
    tokens = imported.model.network.head.decoder.mask_tokens.weight
    assert len(tokens) == max(3, outputs) + 1
    more = import_weights(sam.state_dict(), "x", head="full", window=32)
    from sketchcell.pretrained.sam import _with_tokens

    decoder = {key: t for key, t in more.model.network.head.state_dict().items() if "decoder" in key}
    wider = _with_tokens(decoder, 7)
    weight = wider["decoder.mask_tokens.weight"]
    torch.testing.assert_close(weight[4:], weight[1:4])
    key = "decoder.output_hypernetworks_mlps.{}.proj_out.weight"
    torch.testing.assert_close(wider[key.format(5)], decoder[key.format(2)])


def test_mobile_sam_keeps_its_encoder(tiny_state):
    assert recognises(tiny_state)
    imported = import_weights(tiny_state, "mobile_sam.pt", head="full")
    options = imported.model.config.network_options
    assert encoder_size(options["variant"]) == encoder_size(TINY | {"image_size": 1024})
    state = imported.model.network.state_dict()
    for key, tensor in tiny_state.items():
        if key.startswith("image_encoder."):
            torch.testing.assert_close(state[key.replace("image_encoder", "encoder")], tensor)
    torch.testing.assert_close(
        state["head.decoder.upscale_conv2.weight"], tiny_state["mask_decoder.output_upscaling.3.weight"]
    )
    assert not any("samcell" in note for note in imported.notes)


def test_lite_medsam_is_told_by_its_stem():
    encoder = build_encoder(TINY | {"stem": 1, "image_size": 256})
    state = {f"image_encoder.{key}": tensor for key, tensor in encoder.state_dict().items()}
    imported = import_weights(state, "encoder.pth")  # without a mask decoder
    variant = encoder_size(imported.model.config.network_options["variant"])
    assert (variant.image_size, variant.stem, variant.mean) == (256, 1, (0, 0, 0))
    with pytest.raises(SketchcellError, match="no mask decoder"):
        import_weights(state, "encoder.pth", head="full")


def test_what_is_not_sams_is_left_out_and_said(sam):
    """micro-sam writes a decoder of its own beside SAM."""
    state = sam.state_dict() | {
        "decoder_state.conv.weight": torch.ones(3),
        "mask_decoder.hf_token": torch.ones(2),
    }
    imported = import_weights(state, "vit_b_lm.pt", head="full", window=32)
    assert any(note.startswith("2 tensors") for note in imported.notes)


def test_weights_of_others_are_not_recognised(sam):
    for state in (
        {},
        {"downsample.down.res_down_0.proj.1.weight": torch.zeros(1)},
        {"vision_encoder.backbone.pos_embed": torch.zeros(1)},
        {"vision_model.embeddings.patch_embedding.weight": torch.zeros(1)},
        {key: tensor for key, tensor in sam.state_dict().items() if not key.startswith("vision_encoder.")},
    ):
        assert not recognises(state)


@pytest.mark.parametrize(
    "lost",
    [
        "vision_encoder.layers.2.mlp.lin2.bias",
        "vision_encoder.neck.conv1.weight",
        "prompt_encoder.no_mask_embed.weight",
        "mask_decoder.output_hypernetworks_mlps.2.layers.0.bias",
    ],
)
def test_incomplete_weights_are_a_clear_error(sam, lost):
    state = {key: tensor for key, tensor in sam.state_dict().items() if key != lost}
    with pytest.raises(SketchcellError, match="look like those of a SAM"):
        import_weights(state, "x", head="full", window=32)


def test_it_comes_back_from_a_model_folder(sam, tmp_path):
    image = np.random.default_rng(0).random((50, 40))
    for mode in ("full", "lora", "frozen"):
        model = import_weights(sam.state_dict(), "x", head="full", encoder=mode, rank=3, window=32).model
        model.save(tmp_path / mode)
        again = load_model(tmp_path / mode)
        assert again.config == model.config
        np.testing.assert_array_equal(again.predict(image).values, model.predict(image).values)
