"""What a frozen encoder with kept embeddings saves: seconds a step, beside learning the encoder too.

The same network, batch and image in each mode, in turn, in one process; medians of the steps. `full` and
`lora` learn whole windows, through the encoder; `frozen` learns patches of windows that were embedded before,
once a tile. Weights are random: they change no time. ViT variants need `transformers`.
"""

import argparse
import os
import tempfile

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

import time

import numpy as np
import torch

from sketchcell import FitSettings, load_sample
from sketchcell.learning.learner import Learner


def learner(mode, arguments):
    sample = load_sample()
    settings = FitSettings(
        network="sam",
        network_options={
            "variant": arguments.variant,
            "head": "cut",
            "encoder": mode,
            "window": arguments.window,
        },
        batch=arguments.batch,
        patch=arguments.patch,
        device=arguments.device,
        rescale=False,
        hold_out=0.0,
    )
    return Learner([sample.image], [sample.sketch], settings)


def seconds(work, count):
    found = []
    for _ in range(count):
        start = time.perf_counter()
        work()
        found.append(time.perf_counter() - start)
    return found


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--variant", default="lite-medsam", help="lite-medsam, mobile-sam, vit-b, …")
    parser.add_argument("--window", type=int, default=256)
    parser.add_argument("--patch", type=int, default=128, help="of the frozen encoder's head")
    parser.add_argument("--batch", type=int, default=2)
    parser.add_argument("--steps", type=int, default=2, help="of each mode, after one that is not counted")
    parser.add_argument("--modes", nargs="+", default=["frozen", "lora", "full"])
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--threads", type=int, help="of torch; its own choice if left out")
    arguments = parser.parse_args()
    if arguments.threads:
        torch.set_num_threads(arguments.threads)
    with tempfile.TemporaryDirectory() as cache:
        os.environ["SKETCHCELL_CACHE"] = cache
        print(f"{arguments.variant}, window {arguments.window}, batch {arguments.batch}, {arguments.device}")
        for mode in arguments.modes:
            one = learner(mode, arguments)
            if mode == "frozen":
                tiles = []
                while True:
                    start = time.perf_counter()
                    if one.embed_next() is None:
                        break
                    tiles.append(time.perf_counter() - start)
                print(
                    f"embedding {len(tiles)} tiles, once: {sum(tiles):.2f} s, {np.median(tiles):.3f} s a tile"
                )
            seconds(one.step, 1)
            step = float(np.median(seconds(one.step, arguments.steps)))
            weights = sum(w.numel() for w in one.network.parameters() if w.requires_grad)
            print(f"{mode:<7} {step:7.3f} s a step   {weights / 1e6:6.2f} M weights learn", flush=True)


if __name__ == "__main__":
    main()
