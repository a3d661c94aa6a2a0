"""The classic U-Net: the papers' sizes, how it starts, what a pixel sees, batches, tiles, folders."""

import math

import numpy as np
import pytest
import torch
from torch import nn

from sketchcell import load_model
from sketchcell.families import get_family
from sketchcell.model import Model, ModelConfig
from sketchcell.networks import ClassicUNet, build_network, place

NORMS = ["none", "batch", "pixel"]
SIZES = {  # pixels, reach, parameters of one channel and one map
    "unet": (16, 107, 31_030_593),
    "unet-wide": (8, 67, 49_653_377),
    "unet-small": (8, 51, 1_083_193),
}


def parameters_by_hand(widths, deepest, inputs, outputs):
    """Count weights and biases layer by layer."""

    def convolution(size, before, after):
        return size * size * before * after + after

    count = convolution(1, widths[0], outputs)
    for level, width in enumerate(widths):
        last = level == len(widths) - 1
        count += convolution(3, widths[level - 1] if level else inputs, width)
        count += (deepest - 1 if last else 1) * convolution(3, width, width)
        if not last:
            count += convolution(2, widths[level + 1], width)
            count += convolution(3, 2 * width, width) + convolution(3, width, width)
    return count


@pytest.mark.parametrize("name", SIZES)
def test_sizes_are_those_of_the_papers(name):
    with torch.device("meta"):
        network = build_network(name, 1, 1)
        maps = network(torch.empty(3, 1, 4 * network.stride, 6 * network.stride))
    assert (network.stride, network.reach, sum(map(torch.numel, network.parameters()))) == SIZES[name]
    assert maps.shape == (3, 1, 4 * network.stride, 6 * network.stride)


@pytest.mark.parametrize(("widths", "deepest"), [((3, 5), 2), ((4, 6, 9), 3), ((2, 3, 4, 7), 4)])
def test_the_layers_are_those_of_a_unet(widths, deepest):
    network = ClassicUNet(2, 5, widths, deepest=deepest)
    assert sum(map(torch.numel, network.parameters())) == parameters_by_hand(widths, deepest, 2, 5)
    seen = []
    for block in network.down:
        block.register_forward_hook(lambda module, inputs, output: seen.append(tuple(output.shape[1:])))
    for lift in network.lift:
        lift.register_forward_hook(lambda module, inputs, output: seen.append(tuple(output.shape[1:])))
    network(torch.randn(1, 2, 32, 48))
    levels = [(width, 32 >> level, 48 >> level) for level, width in enumerate(widths)]
    assert seen == levels + levels[-2::-1]


@pytest.mark.parametrize("norm", NORMS)
def test_weights_start_from_glorots_normal_distribution(norm):
    torch.manual_seed(0)
    network = ClassicUNet(3, 4, (24, 48, 96), norm=norm)
    for module in network.modules():
        if isinstance(module, (nn.Conv2d, nn.ConvTranspose2d)):
            a, b, height, width = module.weight.shape
            expected = math.sqrt(2 / (height * width * (a + b)))
            values = module.weight.detach().flatten()
            assert values.std().item() == pytest.approx(expected, rel=6 / math.sqrt(2 * len(values)))
            assert abs(values.mean().item()) < 6 * expected / math.sqrt(len(values))
            if len(values) > 5000:  # of a normal distribution 4.6 % lie beyond two deviations
                assert (values.abs() > 2 * expected).float().mean().item() == pytest.approx(0.0455, abs=0.02)
            assert not module.bias.any()


@pytest.mark.parametrize("norm", NORMS)
@pytest.mark.parametrize("deepest", [2, 4])
def test_the_same_seed_builds_the_same_network(norm, deepest):
    states = []
    for seed in (3, 3, 4):
        torch.manual_seed(seed)
        states.append(ClassicUNet(1, 3, (4, 8, 12), deepest=deepest, norm=norm).state_dict())
    assert all(torch.equal(states[0][key], states[1][key]) for key in states[0])
    assert not torch.equal(states[0]["head.weight"], states[2]["head.weight"])


def averaging(network):
    """Make all weights positive, so that every path shows and none cancels another."""
    with torch.no_grad():
        for parameter in network.parameters():
            if parameter.ndim == 4:
                parameter.fill_(1 / parameter[0].numel())
    return network.double().eval()


@pytest.mark.parametrize(
    ("widths", "deepest"), [((2, 2), 2), ((2, 2, 2), 2), ((2, 2, 2, 2), 2), ((2, 2, 2, 2), 4), ((1,) * 5, 2)]
)
def test_reach_is_the_receptive_field_by_gradient(widths, deepest):
    """The farthest pixel whose change shows in any of the pixels that are pooled together."""
    network = averaging(ClassicUNet(1, 1, widths, deepest=deepest))
    stride, reach = network.stride, network.reach
    middle = stride * (reach // stride + 2)
    image = torch.zeros(1, 1, 2 * middle + stride, stride, dtype=torch.float64)
    farthest = 0
    for row in range(middle, middle + stride):
        image.zero_()[0, 0, row, 0] = 1  # pooling lets only the largest through
        seen = network(image)[0, 0].sum(1).nonzero().flatten()
        farthest = max(farthest, (seen - row).abs().max().item())
    assert farthest == reach
    image = torch.rand_like(image).requires_grad_()
    for row in range(middle, middle + stride):
        (gradient,) = torch.autograd.grad(network(image)[0, 0, row].sum(), image)
        assert (gradient[0, 0].sum(1).nonzero() - row).abs().max().item() <= reach


@pytest.mark.parametrize("norm", NORMS)
@pytest.mark.parametrize("deepest", [2, 4])
def test_tiles_meet_without_seams(norm, deepest):
    """Away from its rim by the reach, a tile cannot tell that it is one."""
    torch.manual_seed(1)
    network = ClassicUNet(2, 3, (4, 6, 8), deepest=deepest, norm=norm).eval()
    image = torch.rand(1, 2, 160, 176)
    top, left, side = 6 * network.stride, 4 * network.stride, 112
    with torch.inference_mode():
        whole = network(image)[..., top : top + side, left : left + side]
        tile = network(image[..., top : top + side, left : left + side])
    inner = (..., slice(network.reach, -network.reach), slice(network.reach, -network.reach))
    assert tile[inner].numel()
    torch.testing.assert_close(tile[inner], whole[inner])
    assert (tile - whole)[..., 0, :].abs().max() > 1e-4  # at the rim it meets zeros


@pytest.mark.parametrize("norm", ["none", "pixel"])
def test_maps_depend_on_neither_batch_nor_mode(norm):
    network = ClassicUNet(2, 3, (4, 8, 12), norm=norm).eval()
    x = torch.randn(3, 2, 32, 32)
    with torch.inference_mode():
        whole = network(x)
        torch.testing.assert_close(network(x[2:]), whole[2:])
        torch.testing.assert_close(network.train()(x), whole)


def test_batch_normalisation_learns_from_the_batch_and_predicts_from_averages():
    network = ClassicUNet(1, 2, (4, 8), norm="batch")
    x = torch.randn(4, 1, 16, 16)
    with torch.inference_mode():
        for _ in range(200):
            of_batch = network.train()(x)
        averaged = network.eval()(x)
        torch.testing.assert_close(network(x[1:2]), averaged[1:2])
    torch.testing.assert_close(averaged, of_batch, atol=0.05, rtol=0.05)


@pytest.mark.parametrize("norm", NORMS)
def test_it_can_learn(norm):
    torch.manual_seed(0)
    network = ClassicUNet(1, 1, (6, 12), norm=norm)
    x = torch.rand(2, 1, 16, 16)
    wanted = nn.functional.avg_pool2d(x, 5, 1, 2)
    wanted = (wanted - wanted.mean()) / wanted.std()
    optimizer = torch.optim.AdamW(network.parameters(), lr=1e-2)
    losses = []
    for _ in range(30):
        loss = (network(x) - wanted).square().mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert losses[-1] < 0.5 * losses[0]


def test_it_comes_back_from_a_model_folder(tmp_path):
    family = get_family("flow")
    params = family.Params()
    torch.manual_seed(0)
    network = place(build_network("unet-small", 1, len(family.channels(params))), "cpu")
    model = Model(ModelConfig("flow", params, "unet-small", 1), network)
    model.save(tmp_path / "model")
    again = load_model(tmp_path / "model")
    assert isinstance(again.network, ClassicUNet)
    image = np.random.default_rng(0).random((40, 50))
    np.testing.assert_array_equal(again.predict(image).values, model.predict(image).values)
