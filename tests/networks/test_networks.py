"""What networks promise: shapes, size, what a pixel sees, and devices."""

import pytest
import torch

from sketchcell.errors import SketchcellError
from sketchcell.networks import NETWORKS, CPnet, build_network, mixed_precision, pick_device
from sketchcell.networks.unet import CompactUNet, PixelNorm


def lively(network):
    """Give parameters that start at zero a value, so that everything shows in the output."""
    with torch.no_grad():
        for parameter in network.parameters():
            if not parameter.any():
                parameter.normal_(0, 0.3)
    return network.eval()


@pytest.fixture(params=[name for name in NETWORKS if name != "sam"])  # too large; see test_sam_network.py
def name(request):
    return request.param


@pytest.mark.parametrize("channels", [1, 2, 3, 5])
def test_any_number_of_channels(name, channels):
    network = build_network(name, channels, 4).eval()
    side = 2 * network.stride
    with torch.inference_mode():
        maps = network(torch.randn(2, channels, side, 3 * side))
    assert maps.shape == (2, 4, side, 3 * side)
    assert torch.isfinite(maps).all()


def test_gradients_reach_every_parameter(name):
    network = lively(build_network(name, 2, 3)).train()
    network(torch.randn(2, 2, 4 * network.stride, 4 * network.stride)).square().sum().backward()
    for key, parameter in network.named_parameters():
        assert parameter.grad is not None, key
        assert torch.isfinite(parameter.grad).all(), key


def test_the_same_seed_builds_the_same_network(name):
    states = []
    for _ in range(2):
        torch.manual_seed(3)
        states.append(build_network(name, 1, 3).state_dict())
    assert all(torch.equal(states[0][key], states[1][key]) for key in states[0])


def test_an_unknown_network_is_a_clear_error():
    with pytest.raises(SketchcellError, match=r"'big'.*compact"):
        build_network("big", 1, 3)


def test_the_default_is_small():
    count = sum(parameter.numel() for parameter in build_network("compact", 1, 3).parameters())
    assert 0.3e6 < count < 2e6


def test_an_untrained_compact_network_says_nothing():
    network = build_network("compact", 1, 3).eval()
    with torch.inference_mode():
        assert (network(torch.randn(1, 1, 32, 32)) == 0).all()


def test_cpnet_has_the_parameters_of_cellpose_and_omnipose():
    network = CPnet(2, 4)
    assert sum(parameter.numel() for parameter in network.parameters()) == 6_600_876
    assert len(network.state_dict()) == 311
    widths = [block.conv["conv_0"][2].out_channels for block in network.downsample]
    assert widths == [32, 64, 128, 256]


def test_cpnet_sees_the_style_of_the_whole_image():
    network = lively(CPnet(1, 3))
    image = torch.randn(1, 1, 64, 64)
    style = network.upsample[0].conv["conv_1"].full
    styles = []
    style.register_forward_hook(lambda module, inputs, output: styles.append(inputs[0]))
    with torch.inference_mode():
        network(image)
    assert torch.linalg.vector_norm(styles[0]).item() == pytest.approx(1, abs=1e-5)


def test_normalisation_knows_neither_neighbours_nor_batch():
    norm = lively(PixelNorm(6))
    x = torch.randn(3, 6, 5, 7)
    with torch.inference_mode():
        whole = norm(x)
        torch.testing.assert_close(norm(x[1:2]), whole[1:2])
        torch.testing.assert_close(norm(x[:, :, 2:3, 4:5]), whole[:, :, 2:3, 4:5])
        torch.testing.assert_close(norm(x.contiguous(memory_format=torch.channels_last)), whole)
        torch.testing.assert_close(norm.train()(x), norm.eval()(x))
    expected = (x - x.mean(1, keepdim=True)) / (x.var(1, keepdim=True, correction=0) + 1e-5).sqrt()
    torch.testing.assert_close(
        whole, expected * norm.weight.detach()[:, None, None] + norm.bias.detach()[:, None, None]
    )


def test_compact_maps_do_not_depend_on_the_batch_or_the_mode():
    network = lively(build_network("compact", 2, 3))
    x = torch.randn(3, 2, 32, 32)
    with torch.inference_mode():
        whole = network(x)
        torch.testing.assert_close(network(x[2:]), whole[2:], atol=1e-5, rtol=1e-4)
        torch.testing.assert_close(network.train()(x), whole)


@pytest.mark.parametrize("place", [(0, 0), (61, 74), (100, 133)])
def test_reach_is_true(place):
    network = lively(CompactUNet(1, 3, widths=(4, 6, 8, 10))).double()
    side = 24 * network.stride
    x = torch.randn(1, 1, side, side, dtype=torch.float64)
    other = x.clone()
    other[0, 0, place[0], place[1]] += 10
    with torch.inference_mode():
        changed = (network(x) != network(other)).any(1)[0]
    rows, columns = changed.nonzero(as_tuple=True)
    away = torch.maximum((rows - place[0]).abs(), (columns - place[1]).abs())
    assert 0 < away.max().item() <= network.reach


def test_stride_is_that_of_the_poolings():
    assert CompactUNet(1, 3, widths=(4, 6, 8, 10)).stride == 8
    assert CompactUNet(1, 3, widths=(4, 6)).stride == 2
    assert CPnet(1, 3).stride == 8
    network = lively(CompactUNet(1, 3, widths=(4, 6, 8, 10))).double()
    x = torch.randn(1, 1, 400, 400, dtype=torch.float64)
    margin = network.reach + network.stride
    with torch.inference_mode():
        shifted = network(x.roll((network.stride, 2 * network.stride), (2, 3)))
        whole = network(x).roll((network.stride, 2 * network.stride), (2, 3))
    inner = (slice(None), slice(None), slice(2 * margin, -margin), slice(2 * margin, -margin))
    assert whole[inner].numel()
    torch.testing.assert_close(shifted[inner], whole[inner])


def test_devices():
    assert pick_device("cpu") == torch.device("cpu")
    assert pick_device("auto").type in ("cpu", "cuda", "mps")
    with pytest.raises(SketchcellError, match=r"no device 'tpu'.*auto, cpu"):
        pick_device("tpu")
    for kind, there in (("cuda", torch.cuda.is_available()), ("mps", torch.backends.mps.is_available())):
        if there:
            assert pick_device(kind).type == kind
        else:
            with pytest.raises(SketchcellError, match=f"'{kind}' is not available.*auto"):
                pick_device(kind)
    assert isinstance(mixed_precision(torch.device("cpu")), bool)
    assert mixed_precision(torch.device("meta")) is False


def test_options_are_the_networks_own():
    assert build_network("compact", 1, 3, options={"widths": [4, 8]}).widths == (4, 8)
    with pytest.raises(SketchcellError, match="no option 'depth'"):
        build_network("compact", 1, 3, options={"depth": 3})
