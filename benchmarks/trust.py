"""Whether the live estimate of accuracy can be trusted, and what holding strokes out costs.

    python trust.py FOLDER … [--shares 0.01 0.03] [--steps 150] [--count 1] [--seeds 0 1]

A folder holds `NAME_img.*` and `NAME_masks.*`. For each image, share and seed a robot annotator draws a
sketch and two learners take the same steps: one that learns from all of it, and one that holds strokes out
as the live loop does. While the second learns it is judged by what it holds out, and by the truth. At the
end: the rank correlation of the two, and the AP that holding out has cost.
"""

import argparse
import os

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

import time
from pathlib import Path

import numpy as np
import torch
from accuracy import pairs
from scipy.stats import spearmanr

from sketchcell import FitSettings, evaluate, simulate_sketch
from sketchcell.inference import drain
from sketchcell.learning.held_out import Reserve, live_reserve
from sketchcell.learning.judge import Judge
from sketchcell.learning.learner import Learner
from sketchcell.learning.start import starting

NOTHING = Reserve(0.0, 0, 0.0)


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folders", nargs="+", type=Path)
    parser.add_argument("--shares", nargs="+", type=float, default=[0.01, 0.03])
    parser.add_argument("--steps", type=int, default=150)
    parser.add_argument("--every", type=int, default=30, help="steps between two checks")
    parser.add_argument("--count", type=int, default=1, help="images of each folder")
    parser.add_argument("--seeds", nargs="+", type=int, default=[0, 1])
    parser.add_argument("--side", type=int, default=512)
    parser.add_argument("--start", default="prior")
    parser.add_argument("--family", default="flow")
    parser.add_argument("--threads", type=int)
    arguments = parser.parse_args()
    if arguments.threads:
        torch.set_num_threads(arguments.threads)
    checks, costs = [], []
    print(f"{'image':<32} share seed  objects held   accuracy   AP50  SEG    AP50 with all   judging")
    for folder in arguments.folders:
        for name, image, truth in pairs(folder, arguments.count):
            side = np.s_[: arguments.side, : arguments.side]
            for share in arguments.shares:
                for seed in arguments.seeds:
                    found = _run(image[side], truth[side], share, seed, arguments)
                    all_of_it, run, objects, cost = found
                    if run:
                        checks.append(run)
                        costs.append((run[-1][2], all_of_it))
                    last = run[-1] if run else (np.nan, 0, np.nan, np.nan)
                    print(
                        f"{name[:32]:<32} {share:>5.0%} {seed:>4} {objects:>8} {last[1]:>4} {last[0]:>10.2f}"
                        f" {last[2]:>6.2f} {last[3]:>4.2f} {all_of_it:>16.2f} {cost:>8.2f} s",
                        flush=True,
                    )
    _summary(checks, costs)


def _run(image, truth, share, seed, arguments):
    """Return AP50 with all strokes, the checks (accuracy, objects, AP50, SEG), and what is painted."""
    sketch = simulate_sketch(truth, share, seed=seed)
    settings = FitSettings(family=arguments.family, device="cpu", seed=seed)
    start = drain(starting(arguments.start, [image], settings))
    init = start.model if start else None
    with_all = Learner([image], [sketch], settings, init, reserve=NOTHING)
    for _ in range(arguments.steps):
        with_all.step()
    holding = Learner([image], [sketch], settings, init, reserve=live_reserve(settings))
    judge, checks, spent = Judge(holding), [], []
    if holding.held_out is not None:
        for step in range(1, arguments.steps + 1):
            holding.step()
            if step in (1, 10) or step % arguments.every == 0:
                began = time.perf_counter()
                moment = drain(judge.judging())
                spent.append(time.perf_counter() - began)
                true = evaluate(truth, moment.model.segment(image))
                checks.append((moment.accuracy, moment.judged, true.ap50, true.seg, moment.loss))
    ap50 = evaluate(truth, with_all.model().segment(image)).ap50
    return ap50, checks, len(sketch.objects), np.median(spent) if spent else np.nan


def _summary(runs, costs):
    if len(runs) < 3:
        return
    ends = np.array([run[-1][:4] for run in runs])
    every = np.array([check[:4] for run in runs for check in run])
    for name, table in (("ends of runs", ends), ("all checks", every)):
        ap50, seg = (spearmanr(table[:, 0], table[:, column]).statistic for column in (2, 3))
        print(f"{name}: {len(table)}, rank correlation with AP50 {ap50:.2f}, with SEG {seg:.2f}")
        accuracy, _, ap50, seg = table.mean(0)
        print(f"  accuracy {accuracy:.2f}, AP50 {ap50:.2f}, SEG {seg:.2f}")
    held, everything = np.array(costs).mean(0)
    print(f"AP50 with strokes held out {held:.3f}, with all {everything:.3f}")


if __name__ == "__main__":
    main()
