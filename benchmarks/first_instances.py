"""From opening an image to the first instances: the prior before any stroke, and `live` from random weights.

The prior looks at an image of 1024 × 1024: its size, its maps, its instances; the aim is at most 1 s. `live`
learns on a 512 × 512 view, without the prior. Counted from the call to the first prediction that holds an
instance, decoded: building the network, distances and first steps are part of it. The aim is at most 3 s. As
a first instance may be a single blob, the time of the first useful prediction is given as well, by AP at IoU
0.5 against the truth.
"""

import argparse
import os

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

import time

import numpy as np
import torch

from sketchcell import FitSettings, evaluate, live, load_sample
from sketchcell.inference import drain
from sketchcell.learning import Prediction, View
from sketchcell.pretrained import prior_for

SIDE, LARGE = 512, 1024


def sample_view():
    """Return the sample's image, sketch and truth as a view of 512 × 512 px."""
    sample = load_sample()
    height, width = sample.image.shape[:2]
    return sample, View(0, (slice(0, min(SIDE, height)), slice(0, min(SIDE, width))))


def first_instances(sample, view, settings, useful, limit):
    """Yield seconds, prediction, labels and AP50: of the first with an instance, then of the first useful."""
    wanted = [lambda labels, ap50: labels.any(), lambda labels, ap50: ap50 >= useful]
    start = time.perf_counter()
    for result in live([sample.image], [sample.sketch], settings, lambda: view, init="random"):
        now = time.perf_counter() - start
        if now > limit:
            raise SystemExit(f"Not within {limit:g} s.")
        if not isinstance(result, Prediction):
            continue
        labels = result.decode()
        seconds = time.perf_counter() - start
        ap50 = evaluate(sample.truth[result.window], labels).ap50
        while wanted[0](labels, ap50):
            yield seconds, result, labels, ap50
            del wanted[0]
            if not wanted:
                return


def before_any_stroke():
    """Return the seconds from an image to its first cells: the prior's size, its maps, and instances."""
    image = load_sample().image
    image = np.tile(image, (-(-LARGE // image.shape[0]), -(-LARGE // image.shape[1])))[:LARGE, :LARGE]
    start = time.perf_counter()
    found = drain(prior_for([image], "flow")).segment(image)
    seconds = time.perf_counter() - start
    assert found.any()
    return seconds


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--useful", type=float, default=0.3, help="AP50 of a useful prediction")
    parser.add_argument("--limit", type=float, default=60, help="seconds until it gives up")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--threads", type=int, help="of torch; its own choice if left out")
    arguments = parser.parse_args()
    if arguments.threads:
        torch.set_num_threads(arguments.threads)

    looks = [before_any_stroke() for _ in range(arguments.repeats)]
    print(
        f"before any stroke, {LARGE} × {LARGE} px: median {np.median(looks):.2f} s, "
        f"slowest {max(looks):.2f} s (aim 1.00)   {torch.get_num_threads()} thread(s)"
    )
    sample, view = sample_view()
    times = {"first": [], "useful": []}
    for seed in range(arguments.repeats):
        settings = FitSettings(seed=seed, device=arguments.device)
        steps = first_instances(sample, view, settings, arguments.useful, arguments.limit)
        for (kind, found), (seconds, prediction, labels, ap50) in zip(times.items(), steps, strict=True):
            found.append(seconds)
            print(
                f"seed {seed}   {kind:<6} {seconds:6.2f} s   after {prediction.step:3d} steps   "
                f"{labels.max():4d} instances   AP50 {ap50:.2f}",
                flush=True,
            )
    first, useful = times.values()
    print(
        f"first instance: median {np.median(first):.2f} s, slowest {max(first):.2f} s (aim 3.00)   "
        f"AP50 {arguments.useful:g}: median {np.median(useful):.2f} s   {torch.get_num_threads()} thread(s)"
    )


if __name__ == "__main__":
    main()
