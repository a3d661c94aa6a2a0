"""Encoders: what they are shown, what they give, and how their sizes are written down."""

import json

import pytest
import torch
from sam_sizes import TINY
from torch import nn

from sketchcell.errors import SketchcellError
from sketchcell.networks.encoders import SIZES, build_encoder, describe_size, encoder_size
from sketchcell.networks.encoders.low_rank import LowRankLinear, add_low_rank, merge_low_rank
from sketchcell.networks.encoders.tiny_vit import TinyViTBlock, WindowAttention
from sketchcell.networks.encoders.window import Viewfinder


def test_colours_come_from_any_number_of_channels():
    view = Viewfinder(4, (0.0, 0.0, 0.0), (1.0, 1.0, 1.0))
    x = torch.rand(2, 6, 4, 4)
    torch.testing.assert_close(view(x[:, :1]), x[:, :1].expand(-1, 3, -1, -1))
    torch.testing.assert_close(view(x[:, :2]), torch.stack((x[:, 0], (x[:, 0] + x[:, 1]) / 2, x[:, 1]), 1))
    torch.testing.assert_close(view(x[:, :3]), x[:, :3])
    torch.testing.assert_close(view(x), x.reshape(2, 3, 2, 4, 4).mean(2))


def test_a_window_is_enlarged_clipped_and_normalised():
    view = Viewfinder(8, (0.5, 0.4, 0.3), (0.2, 0.1, 0.4))
    shown = view(torch.tensor([[[[-3.0, 0.0], [1.0, 7.0]]]]))
    assert shown.shape == (1, 3, 8, 8)
    expected = [(side - mean) / deviation for side in (0, 1) for mean, deviation in ((0.5, 0.2), (0.4, 0.1))]
    assert shown[0, 0, 0, 0].item() == pytest.approx(expected[0])
    assert shown[0, 1, 0, 7].item() == pytest.approx(expected[1])
    assert shown[0, 0, 7, 0].item() == pytest.approx(expected[2])
    assert shown[0, 1, 7, 7].item() == pytest.approx(expected[3])
    # a ramp stays one: bilinear, not aligned at the corners
    torch.testing.assert_close(shown[0, 0, 2:6, 0].diff(), torch.full((3,), 0.25 / 0.2))


@pytest.mark.parametrize(("window", "stride"), [(4, 1), (16, 4), (64, 16)])
@pytest.mark.parametrize("channels", [1, 3])
def test_an_embedding_has_a_cell_for_each_stride(window, stride, channels):
    encoder = build_encoder(TINY, window).eval()
    assert (encoder.window, encoder.stride, encoder.channels) == (window, stride, 16)
    with torch.inference_mode():
        embedding = encoder(torch.rand(2, channels, window, window))
    assert embedding.shape == (2, 16, window // stride, window // stride)
    assert embedding.isfinite().all()
    with pytest.raises(SketchcellError, match=r"window of 66 pixels.*multiple of 4"):
        build_encoder(TINY, 66)


def test_tiny_vit_has_the_parameters_of_mobile_sam_and_lite_medsam():
    """As in LiteMedSAM's file; MobileSAM's first two convolutions are 3 × 3 instead of 1 × 1."""
    with torch.device("meta"):
        mobile, lite = (build_encoder(name) for name in ("mobile-sam", "lite-medsam"))
    assert sum(map(torch.numel, lite.parameters())) == 5_726_740
    assert sum(map(torch.numel, mobile.parameters())) == 5_726_740 + 8 * 32 * (3 + 64)
    assert (mobile.stride, lite.stride) == (4, 4)


def test_attention_is_that_of_the_formula():
    torch.manual_seed(0)
    layer = WindowAttention(8, 2, 3).double()
    nn.init.normal_(layer.attention_biases)
    x = torch.randn(1, 6, 3, 8, dtype=torch.float64)
    expected = torch.zeros_like(x)
    for top in (0, 3):
        cells = layer.norm(x[0, top : top + 3]).reshape(9, 8)
        together = []
        for head in range(2):
            weight, bias = layer.qkv.weight, layer.qkv.bias
            rows = [slice(12 * head + 4 * part, 12 * head + 4 * part + 4) for part in range(3)]
            query, key, value = (cells @ weight[part].T + bias[part] for part in rows)
            logits = query @ key.T / 2
            for a in range(9):
                for b in range(9):
                    dy, dx = abs(a // 3 - b // 3), abs(a % 3 - b % 3)
                    logits[a, b] += layer.attention_biases[head, 3 * dy + dx]
            together.append(logits.softmax(1) @ value)
        expected[0, top : top + 3] = layer.proj(torch.cat(together, 1)).reshape(3, 3, 8)
    torch.testing.assert_close(layer(x), expected)


def test_blocks_take_sides_that_windows_do_not_divide():
    torch.manual_seed(0)
    block = TinyViTBlock(8, 2, 4).eval()
    x = torch.randn(1, 8, 6, 9)
    with torch.inference_mode():
        whole = block(x)
        other = x.clone()
        other[..., 5, 8] += torch.randn(1, 8)
        changed = (block(other) != whole).any(1)[0]
    assert whole.shape == x.shape
    # the last window, 2 × 1 cells of it real, and what a 3 × 3 convolution sees of them
    assert changed[3:, 7:].all()
    assert not changed[:3].any()
    assert not changed[:, :7].any()


def test_batch_normalisation_keeps_its_averages_while_learning():
    encoder = build_encoder(TINY, 16).train()
    before = {name: buffer.clone() for name, buffer in encoder.named_buffers()}
    x = torch.rand(3, 1, 16, 16)
    whole = encoder(x)
    torch.testing.assert_close(encoder.eval()(x), whole)
    assert all(torch.equal(buffer, before[name]) for name, buffer in encoder.named_buffers())
    assert encoder.train().patch_embed.seq[0].c.training


@pytest.mark.parametrize("name", SIZES)
def test_sizes_are_written_as_names(name):
    assert describe_size(encoder_size(name)) == name


def test_other_sizes_are_written_as_json():
    size = encoder_size(TINY)
    described = json.loads(json.dumps(describe_size(size)))
    assert described["kind"] == "tiny-vit"
    assert encoder_size(described) == size


@pytest.mark.parametrize(
    ("variant", "message"),
    [
        ("vit-xxl", r"no encoder 'vit-xxl'.*vit-b"),
        ({"width": 8}, "not understood"),
        (7, "not understood"),
        ({"kind": "vit", "size": 8}, "cannot have the size 8"),
        ({"kind": "vit", "depth": -1}, "cannot have the depth -1"),
        ({"kind": "vit", "width": 30, "heads": 4}, "width must be a multiple of its heads"),
        (TINY | {"widths": [8, 8]}, "depths must be one number for each"),
        (TINY | {"heads": [2, 3]}, "heads must be one number for each stage"),
        (TINY | {"windows": 7}, "cannot have the windows 7"),
    ],
)
def test_a_wrong_size_is_a_clear_error(variant, message):
    with pytest.raises(SketchcellError, match=message):
        build_encoder(variant)


def test_low_rank_begins_as_the_layer_and_merges_into_it():
    torch.manual_seed(0)
    network = nn.Sequential()
    network.add_module("qkv", nn.Linear(6, 9))
    network.add_module("other", nn.Linear(9, 4))
    x = torch.randn(5, 6)
    before, keys = network(x), set(network.state_dict())
    add_low_rank(network, 2)
    assert isinstance(network.qkv, LowRankLinear)
    torch.testing.assert_close(network(x), before)
    learned = {name for name, weight in network.named_parameters() if weight.requires_grad}
    assert learned == {"qkv.lora_down", "qkv.lora_up"} == set(network.state_dict()) - keys
    nn.init.normal_(network.qkv.lora_up)
    assert not torch.allclose(network(x), before)
    plain = nn.Sequential()
    plain.add_module("qkv", nn.Linear(6, 9))
    plain.add_module("other", nn.Linear(9, 4))
    plain.load_state_dict(merge_low_rank(network.state_dict()))
    torch.testing.assert_close(plain(x), network(x))
