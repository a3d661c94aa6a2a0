"""Maps from kept embeddings are those of the whole network; each tile is embedded once."""

import copy

import numpy as np
import pytest
import torch

from sketchcell.inference import EmbeddedImage, EmbeddingStore, drain, predict_tiles
from sketchcell.networks import build_network, keeps_embeddings

VARIANT = {
    "kind": "tiny-vit",
    "image_size": 64,
    "stem": 1,
    "widths": [8, 8, 16, 16],
    "depths": [1, 1, 1, 1],
    "heads": [2, 2, 2],
    "windows": [4, 4, 4],
    "channels": 16,
}
OPTIONS = {"variant": VARIANT, "head": "cut", "encoder": "frozen", "window": 64, "overlap": 16}


def make_network(seed=0, inputs=1, **options):
    torch.manual_seed(seed)
    network = build_network("sam", inputs, 3, options=OPTIONS | options)
    with torch.no_grad():
        for parameter in network.head.parameters():
            if not parameter.any():
                parameter.normal_(0, 0.3)
    return network.eval()


def make_image(shape, channels=1, seed=0):
    return torch.from_numpy(
        np.random.default_rng(seed).normal(0.5, 0.3, (channels, *shape)).astype(np.float32)
    )


@pytest.fixture
def store(tmp_path):
    return EmbeddingStore(tmp_path)


@pytest.fixture(autouse=True)
def calls(monkeypatch):
    """How many windows an encoder was shown, one number a call."""
    from sketchcell.networks import EmbeddedNetwork

    found, embed = [], EmbeddedNetwork.embed

    def counted(self, x):
        found.append(len(x))
        return embed(self, x)

    monkeypatch.setattr(EmbeddedNetwork, "embed", counted)
    return found


@pytest.fixture(params=[False, True], ids=["float32", "mixed"])
def precision(request, monkeypatch):
    """How much the maps may differ."""
    for module in ("tiles", "embedded_image"):
        monkeypatch.setattr(f"sketchcell.inference.{module}.mixed_precision", lambda device: request.param)
    return 2e-2 if request.param else 1e-3


def embedded(image, network, store):
    return EmbeddedImage(image, network, store, network.fingerprint())


def as_is(outputs):
    return outputs


@pytest.mark.parametrize("shape", [(64, 64), (150, 101), (40, 130), (7, 9), (64, 65)])
def test_maps_are_those_of_the_whole_network(shape, store, precision):
    network, image = make_network(inputs=2), make_image(shape, 2)
    whole = drain(predict_tiles(network, image.numpy(), as_is))
    found = drain(embedded(image, network, store).predicting(network, as_is))
    assert found.shape == whole.shape == (3, *shape)
    assert np.abs(whole).max() > 0.05
    np.testing.assert_allclose(found, whole, atol=precision)
    other = EmbeddedImage(image, network, EmbeddingStore(store.folder), network.fingerprint())
    np.testing.assert_allclose(drain(other.predicting(network, as_is)), whole, atol=precision)


def test_a_window_of_the_maps(store, precision):
    network, image = make_network(), make_image((150, 170))
    seen = embedded(image, network, store)
    whole = drain(seen.predicting(network, as_is))
    window = (slice(33, 97), slice(60, 141))
    np.testing.assert_allclose(
        drain(seen.predicting(network, as_is, window)), whole[:, *window], atol=precision
    )


def test_only_tiles_that_are_there(store, calls):
    network, image = make_network(), make_image((64, 160))
    seen = embedded(image, network, store)
    assert len(seen.grid.windows) == 3
    seen.embedding(0)
    maps = drain(seen.predicting(network, as_is, only_there=True))
    assert calls == [1]
    assert maps[:, :, :64].any(axis=(0, 1)).all()
    assert not maps[:, :, 64:].any()
    # nothing there: the nearest tile is embedded
    window = (slice(0, 20), slice(140, 160))
    assert drain(seen.predicting(network, as_is, window, only_there=True)).any()
    assert seen.there == {0, 2}


def test_each_tile_is_embedded_once_and_the_disk_remembers(store, calls):
    network, image = make_network(), make_image((100, 110))
    seen = embedded(image, network, store)
    for _ in range(2):
        drain(seen.predicting(network, as_is))
    assert len(calls) == len(seen.grid.windows) == 4
    assert seen.missing() == []
    other = EmbeddedImage(image.clone(), make_network(), EmbeddingStore(store.folder), network.fingerprint())
    assert len(other.missing()) == 4
    drain(other.predicting(network, as_is))
    assert len(calls) == 4


@pytest.mark.parametrize("change", ["weights", "pixels", "normalisation", "channels", "colours"])
def test_another_encoder_or_image_is_embedded_anew(store, calls, change):
    network, image = make_network(), make_image((64, 64))
    embedded(image, network, store).embedding(0)
    if change == "weights":
        other = make_network(seed=1)
    elif change == "channels":
        other, image = make_network(inputs=2), torch.cat([image, image])
    elif change == "colours":
        other = make_network(variant=VARIANT | {"mean": [0.1, 0.1, 0.1]})
    else:
        other = network
        image = image + 0.01 if change == "normalisation" else image.clone()
        image[0, 5, 5] += 0.001
    embedded(image, other, store).embedding(0)
    assert len(calls) == 2


def test_missing_tiles_come_in_the_order_of_their_distance(store):
    seen = embedded(make_image((64, 208)), make_network(), store)
    assert seen.missing() == [1, 2, 0, 3]
    assert seen.missing((slice(0, 64), slice(190, 208))) == [3]
    seen.embedding(1)
    assert seen.missing() == [2, 0, 3]


def test_corrupted_entries_are_embedded_anew(store, calls):
    network, image = make_network(), make_image((64, 64))
    first = embedded(image, network, store).embedding(0)
    (path,) = store.folder.iterdir()
    path.write_bytes(path.read_bytes()[:-9])
    again = embedded(image, network, EmbeddingStore(store.folder)).embedding(0)
    assert len(calls) == 2
    assert torch.equal(first, again)


def test_copies_share_the_encoder_and_what_it_found():
    network = make_network()
    copied = copy.deepcopy(network)
    assert copied.fingerprint() == network.fingerprint()
    assert next(copied.head.parameters()).data_ptr() != next(network.head.parameters()).data_ptr()
    first, second = next(copied.encoder.parameters()), next(network.encoder.parameters())
    assert first.data_ptr() == second.data_ptr()


def test_the_fingerprint_follows_the_weights():
    network = make_network()
    before = network.fingerprint()
    state = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    with torch.no_grad():
        next(network.encoder.parameters()).mul_(1.01)
    assert network.fingerprint() != before
    network.load_state_dict(state)
    assert network.fingerprint() == before


def test_a_frozen_encoder_neither_learns_nor_changes_its_mode():
    network = make_network().train()
    assert network.head.training
    assert not any(module.training for module in network.encoder.modules())
    network(torch.randn(2, 1, 64, 64)).square().mean().backward()
    assert all(parameter.grad is None for parameter in network.encoder.parameters())
    assert all(parameter.grad is not None for parameter in network.head.parameters())


def test_a_network_that_was_just_built_embeds_as_it_will_later():
    torch.manual_seed(0)
    network = build_network("sam", 1, 3, options=OPTIONS)
    before, x = network.fingerprint(), make_image((64, 64))[None]
    first = network.embed(x)
    assert torch.equal(network.eval().embed(x), first)
    assert network.fingerprint() == before


def test_only_frozen_encoders_keep_embeddings():
    assert keeps_embeddings(make_network())
    assert not keeps_embeddings(make_network(encoder="full"))
    assert not keeps_embeddings(make_network(encoder="lora"))
    assert not keeps_embeddings(build_network("compact", 1, 3))


def test_parts_of_a_window_are_the_whole_but_for_their_rims():
    network = make_network(variant=VARIANT | {"image_size": 256}, window=256)
    image = make_image((256, 256))[None]
    embedding = network.embed(image)
    step = network.part_stride
    assert step == network.encoder.stride == 4
    with torch.no_grad():
        whole = network.from_embedding(image, embedding)
        part = network.from_embedding(image[:, :, step:, 5 * step :], embedding[:, :, 1:, 5:])
    margin = network.head.contrast.reach + 20
    here = (slice(margin, -margin), slice(margin, -margin))
    expected = whole[:, :, step:, 5 * step :][:, :, *here]
    assert expected.numel() > 10000
    torch.testing.assert_close(part[:, :, *here], expected, atol=1e-4, rtol=0)


def test_the_mask_decoder_takes_whole_windows():
    pytest.importorskip("transformers")
    small = {"depth": 1, "heads": 2, "mlp": 8}
    network = make_network(variant=VARIANT | {"channels": 32}, head="full", decoder=small)
    assert network.part_stride == network.window
    x = make_image((64, 64))[None]
    torch.testing.assert_close(network.from_embedding(x, network.embed(x)), network(x), atol=1e-3, rtol=0)


def test_odd_windows_have_parts_that_fit_embedding_and_poolings():
    network = make_network(window=48)
    assert network.encoder.stride == 3
    assert network.part_stride == 6
    x = make_image((48, 48))[None]
    assert network.from_embedding(x[..., 6:30, 12:36], network.embed(x)[..., 2:10, 4:12]).shape == (
        1,
        3,
        24,
        24,
    )
