"""SAM as a network: windows, heads, what learns, and what is missing without its library."""

import subprocess
import sys
from copy import deepcopy

import pytest
import torch
from sam_sizes import TINY, VIT

from sketchcell.errors import SketchcellError
from sketchcell.networks import Sam, build_network

HEADS = ["full", "cut"]


def small(inputs=1, outputs=2, variant=TINY, **options):
    torch.manual_seed(0)
    given = {"window": 16, "head": "cut"} | options
    network = build_network("sam", inputs, outputs, options={"variant": variant, **given})
    with torch.no_grad():
        for parameter in network.parameters():
            if not parameter.any():
                parameter.normal_(0, 0.3)
    return network.eval()


def needs_library(head):
    if head == "full":
        pytest.importorskip("transformers")
    return head


@pytest.mark.parametrize("head", HEADS)
@pytest.mark.parametrize("variant", [TINY | {"channels": 32}, VIT], ids=["tiny-vit", "vit"])
def test_gradients_reach_every_parameter(head, variant):
    pytest.importorskip("transformers")
    network = small(2, 5, variant, head=head).train()
    network(torch.rand(2, 2, 16, 32)).square().sum().backward()
    for key, parameter in network.named_parameters():
        assert parameter.grad is not None, key
        assert parameter.grad.isfinite().all(), key


@pytest.mark.parametrize("channels", [1, 2, 3, 5])
@pytest.mark.parametrize("head", HEADS)
def test_any_number_of_channels(channels, head):
    network = small(channels, 4, TINY | {"channels": 32}, head=needs_library(head))
    with torch.inference_mode():
        maps = network(torch.rand(1, channels, 16, 16))
    assert maps.shape == (1, 4, 16, 16)
    assert maps.isfinite().all()
    assert maps.std() > 0


def test_larger_images_are_parted_into_windows():
    network = small(2, 3)
    x = torch.rand(2, 2, 32, 48)
    with torch.inference_mode():
        maps = network(x)
        for top in (0, 16):
            for left in (0, 16, 32):
                here = (..., slice(top, top + 16), slice(left, left + 16))
                torch.testing.assert_close(maps[here], network(x[here]))
    assert (network.window, network.stride, network.reach, network.overlap) == (16, 16, 16, 64)


def test_the_light_head_sees_the_image_at_full_resolution():
    """With the embedding as it is, a pixel's change shows where the pixel is."""
    network = small().double()
    x = torch.rand(1, 1, 16, 16, dtype=torch.float64)
    other = x.clone()
    other[..., 5, 6] += 0.5
    with torch.inference_mode():
        embedding = network.encoder(x)
        difference = (network.head(embedding, other) - network.head(embedding, x)).abs().sum(1)[0]
    assert difference[5, 6] > 2 * difference[5, 10]
    assert difference[5, 6] > 0


@pytest.mark.parametrize("mode", ["full", "lora", "frozen"])
def test_modes_say_what_learns(mode):
    network = small(encoder=mode, rank=2)
    learned = {key for key, weight in network.named_parameters() if weight.requires_grad}
    of_encoder = {key for key in learned if key.startswith("encoder.")}
    assert {key for key, _ in network.named_parameters() if key.startswith("head.")} <= learned
    if mode == "full":
        assert of_encoder == {key for key, _ in network.named_parameters() if key.startswith("encoder.")}
    elif mode == "frozen":
        assert not of_encoder
    else:
        assert len(of_encoder) == 2 * sum(TINY["depths"][1:])
        assert all(".attn.qkv.lora_" in key for key in of_encoder)
        thin = network.encoder.layers[1].blocks[0].attn.qkv
        assert (thin.lora_down.shape, thin.lora_up.shape) == ((2, 8), (24, 2))


def test_an_empty_prompt_never_learns():
    pytest.importorskip("transformers")
    network = small(variant=VIT, head="full")
    names = {key for key, _ in network.named_parameters()}
    assert {"head.no_mask", "head.frequencies"} <= set(network.state_dict()) - names


def test_weights_go_from_mode_to_mode():
    x = torch.rand(1, 1, 16, 16)
    full, low, frozen = (small(encoder=mode, rank=2) for mode in ("full", "lora", "frozen"))
    torch.manual_seed(5)
    with torch.no_grad():
        for parameter in low.parameters():
            parameter.add_(0.05 * torch.randn_like(parameter))
        expected = low(x)
    for other in (full, frozen):
        other.adopt(low.state_dict())
        torch.testing.assert_close(other(x), expected)
    again = Sam(1, 2, TINY, "cut", "lora", 3, 16).eval()
    again.adopt(full.state_dict())
    torch.testing.assert_close(again(x), expected)
    with pytest.raises(RuntimeError, match="missing"):
        again.adopt({key: tensor for key, tensor in full.state_dict().items() if "neck" not in key})


def test_copies_share_what_is_frozen_and_nothing_else():
    network = small(encoder="frozen")
    copied = deepcopy(network)
    for (key, ours), (other, theirs) in zip(
        network.named_parameters(), copied.named_parameters(), strict=True
    ):
        assert key == other
        assert ours is not theirs
        assert (ours.data_ptr() == theirs.data_ptr()) == (not ours.requires_grad)
        assert ours.requires_grad == theirs.requires_grad
    x = torch.rand(1, 1, 16, 16)
    with torch.inference_mode():
        torch.testing.assert_close(copied(x), network(x))
    # to move a copy leaves the first where it is
    copied.double()
    assert all(parameter.dtype == torch.float32 for parameter in network.parameters())


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"head": "wide"}, r"no head 'wide'.*full, cut"),
        ({"encoder": "half"}, r"no encoder 'half'.*full, lora, frozen"),
        ({"rank": 0}, "rank must be a whole number of at least 1"),
        ({"window": 16.0}, "window must be a whole number"),
        ({"window": 18}, "multiple of 4"),
        ({"overlap": -1}, "overlap must be"),
        ({"variant": "vit-z"}, "no encoder 'vit-z'"),
    ],
)
def test_wrong_options_are_clear_errors(options, message):
    with pytest.raises(SketchcellError, match=message):
        small(**options)


def test_wrong_decoders_are_clear_errors():
    with pytest.raises(SketchcellError, match="cannot have the width 3"):
        small(head="full", decoder={"width": 3})


def test_the_library_is_asked_for_when_it_is_needed(monkeypatch):
    monkeypatch.setitem(sys.modules, "transformers", None)
    for options in ({"variant": VIT}, {"head": "full"}):
        with pytest.raises(SketchcellError, match=r'pip install "napari-sketchcell\[sam\]"'):
            small(**options)
    small()  # TinyViT and the light head need nothing


@pytest.mark.slow
def test_the_library_is_not_imported_with_the_program():
    code = "import sys, sketchcell, sketchcell.pretrained.sam; print('transformers' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
