"""Speed of inference: the network on 2048 × 2048 px against decoding its maps.

The image is the sample, tiled; the model has learned from its strokes for a moment, so that the maps are
those of real use. Network and decoder run in turn; medians. The aim is a decoder of at most 0.5 of the
network's time. Maps of a model that has learned nearly nothing, and noise, are decoded as well: they
must not take much longer.
"""

import argparse
import os

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

import time

import numpy as np
import torch

from sketchcell import load_sample, train
from sketchcell.inference import Maps


def timed(function, *arguments):
    start = time.perf_counter()
    result = function(*arguments)
    return time.perf_counter() - start, result


def measure(title, model, image, repeats):
    """Print the medians of the network's and the decoder's time."""
    network, decoder = [], []
    for _ in range(repeats):
        seconds, maps = timed(model.predict, image)
        network.append(seconds)
        seconds, labels = timed(model.decode, maps)
        decoder.append(seconds)
    ratio = float(np.median(np.divide(decoder, network)))
    print(
        f"{title:<22} network {np.median(network):6.2f} s   decoder {np.median(decoder):6.2f} s   "
        f"ratio {ratio:.2f} (aim 0.50)   {labels.max()} instances"
    )
    return maps, float(np.median(network))


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--size", type=int, default=2048)
    parser.add_argument("--steps", type=int, default=150, help="of learning")
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--threads", type=int, help="of torch; its own choice if left out")
    arguments = parser.parse_args()
    if arguments.threads:
        torch.set_num_threads(arguments.threads)

    sample = load_sample()
    times = [-(-arguments.size // n) for n in sample.image.shape[:2]]
    image = np.tile(sample.image, times)[: arguments.size, : arguments.size]
    print(f"{arguments.size} × {arguments.size} px, {torch.get_num_threads()} thread(s)")
    for title, steps in (("after 5 steps", 5), (f"after {arguments.steps} steps", arguments.steps)):
        model = train(
            sample.image, sample.sketch, seconds=None, steps=steps, device=arguments.device, init="random"
        )
        maps, network = measure(title, model, image, arguments.repeats)
    noise = np.random.default_rng(0).normal(0, 1, maps.values.shape).astype(np.float32)
    seconds, _ = timed(model.decode, Maps(noise, maps.channels, maps.shape))
    print(f"{'noise':<22} {'':16}   decoder {seconds:6.2f} s   ratio {seconds / network:.2f}")


if __name__ == "__main__":
    main()
