"""Speed of learning: steps of `fit` against the bare network's forward, backward and optimiser step.

Both run in turn, in blocks, in one process, with the same network, batch and patch; medians of the
blocks. The aim is at least 0.8 of the bare network's steps. Below it, what a step's other parts cost.
"""

import argparse
import os

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

import time

import numpy as np
import torch

from sketchcell import FitSettings, fit, load_sample
from sketchcell.learning.augment import move, relight
from sketchcell.learning.learner import Learner
from sketchcell.learning.patches import draw_patches
from sketchcell.learning.targets import TargetCache
from sketchcell.networks import build_network, mixed_precision, pick_device
from sketchcell.networks.device import place


def bare_steps(settings, channels, outputs):
    """Yield after each step of the bare network on random numbers."""
    device = pick_device(settings.device)
    network = place(build_network(settings.network, channels, outputs), device).train()
    optimizer = torch.optim.AdamW(network.parameters(), lr=1e-4, foreach=True)
    x = torch.randn(settings.batch, channels, settings.patch, settings.patch, device=device)
    x = x.contiguous(memory_format=torch.channels_last)
    while True:
        with torch.autocast(device.type, torch.bfloat16, enabled=mixed_precision(device)):
            maps = network(x)
        loss = maps.float().square().mean()
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()
        yield loss.item()


def seconds(steps, count):
    """Return the time of one step, over a block of them."""
    start = time.perf_counter()
    for _ in range(count):
        next(steps)
    return (time.perf_counter() - start) / count


def timed(function, count):
    start = time.perf_counter()
    for _ in range(count):
        result = function()
    return (time.perf_counter() - start) / count, result


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--blocks", type=int, default=9)
    parser.add_argument("--steps", type=int, default=12, help="in a block")
    parser.add_argument("--family", default="flow")
    parser.add_argument("--network", default="compact")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--threads", type=int, help="of torch; its own choice if left out")
    arguments = parser.parse_args()
    if arguments.threads:
        torch.set_num_threads(arguments.threads)

    sample = load_sample()
    settings = FitSettings(family=arguments.family, network=arguments.network, device=arguments.device)
    learner = Learner([sample.image], [sample.sketch], settings)
    learning = fit([sample.image], [sample.sketch], settings, init="random")
    bare = bare_steps(settings, learner.config.image_channels, len(learner.family.channels(learner.params)))
    seconds(learning, 3), seconds(bare, 3)
    whole, network = [], []
    for _ in range(arguments.blocks):
        whole.append(seconds(learning, arguments.steps))
        network.append(seconds(bare, arguments.steps))
    step, forward_backward = float(np.median(whole)), float(np.median(network))
    ratio = float(np.median(np.divide(network, whole)))
    print(
        f"fit {1 / step:6.1f} steps/s   bare network {1 / forward_backward:6.1f} steps/s   "
        f"ratio {ratio:.2f} (aim 0.80)   {torch.get_num_threads()} thread(s)"
    )

    random, chances = np.random.default_rng(0), torch.Generator().manual_seed(0)
    family, params, how = learner.family, learner.params, settings.augmentation
    side, batch = settings.patch, settings.batch
    targets, learned = TargetCache(family, params), dict(learner.network.learned.items())
    cost = {}
    cost["draw"], (images, target) = timed(
        lambda: draw_patches(learner.examples, targets, side=side, batch=batch, random=random), 20
    )
    tile = (slice(0, side), slice(0, side))
    cost["encode a tile, once"], _ = timed(
        lambda: family.encode(learner.examples[0].sketch, params, tile), 40
    )
    cost["move"], (images, target) = timed(lambda: move(images, target, chances, how), 20)
    cost["relight"], _ = timed(lambda: relight(images, chances, how), 20)
    maps = torch.randn(batch, len(learner.family.channels(learner.params)), side, side, requires_grad=True)
    cost["loss, both ways"], _ = timed(lambda: family.loss(maps, target, params, learned)[0].backward(), 20)
    for name, value in cost.items():
        print(f"  {name:<18} {1e3 * value:6.2f} ms = {value / step:5.1%} of a step")


if __name__ == "__main__":
    main()
