"""Whether hints help: a robot annotator that follows them, beside one that paints cells at random.

    python hints.py FOLDER … [--rounds 14] [--steps 10] [--seeds 0 1] [--starts prior random]

A folder holds `NAME_img.*` and `NAME_masks.*`; the part of its first image with most cells is used. The
robot begins with three whole cells, each with a ring of background, and two dabs of background. Then, round
by round, it learns a few steps and paints once more: every third time background at random, else

- `random`: a cell that is not painted yet,
- `hints`: at the first hint, what the truth says: a cell with its ring and lines where it touches others,
  or a dab of background,
- `mistakes`: the same at a place where the segmentation is wrong by the truth, which no program can know.

Printed are AP at IoU 0.5 (mean of the rounds, and of the last three), the objects painted, those needed to
reach the AP that `random` ends with, and how many of the five first hints lie on a mistake, beside the
share of all instances that are wrong.
"""

import argparse
import os
import zlib

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

from pathlib import Path

import numpy as np
import torch
from accuracy import pairs
from scipy import ndimage

from sketchcell import FitSettings, Sketch, evaluate
from sketchcell.inference import drain
from sketchcell.learning.hints import looking_for_hints
from sketchcell.learning.learner import Learner
from sketchcell.learning.second_look import Shared
from sketchcell.pretrained import PRIOR, prior_for
from sketchcell.sketch import Stroke

WAYS = ("random", "hints", "mistakes")


class Robot:
    """Paints what the truth says at a place."""

    def __init__(self, truth, random):
        self.truth, self.random = truth, random
        self.labels = np.zeros(truth.shape, np.int32)
        self.lines = np.zeros(truth.shape, bool)
        self.painted = set()
        area = np.bincount(truth.ravel())[1:]
        self.diameter = 2 * np.sqrt(np.median(area) / np.pi)

    def paint(self, row, column):
        """Paint a cell that is not painted yet at a place or beside it, or else a dab of background."""
        row, column = int(row), int(column)
        near = self.truth[max(row - 2, 0) : row + 3, max(column - 2, 0) : column + 3]
        new = [number for number in np.unique(near) if number and number not in self.painted]
        number = self.truth[row, column] or (new[0] if new else 0)
        if not number:
            rows, columns = np.ogrid[: self.truth.shape[0], : self.truth.shape[1]]
            dab = np.hypot(rows - row, columns - column) <= 0.6 * self.diameter
            self.labels[dab & (self.truth == 0)] = 1
            return
        cell = self.truth == number
        ring = ndimage.binary_dilation(cell, iterations=max(2, round(0.15 * self.diameter)))
        self.labels[ring & (self.truth == 0)] = 1
        self.labels[cell] = number + 1
        self.lines |= ndimage.binary_dilation(cell) & ~cell & (self.truth > 0) & (self.labels == 0)
        self.lines[cell] = False
        self.painted.add(int(number))

    def cell(self):
        """Return a place in a cell that is not painted yet."""
        left = sorted(set(np.unique(self.truth)) - {0} - self.painted)
        return self._any(self.truth == self.random.choice(left)) if left else self.background()

    def background(self):
        """Return a place on background that is not painted yet."""
        return self._any((self.truth == 0) & (self.labels == 0))

    def mistake(self, found):
        """Return a place in a cell that was not found, or in an instance that is none."""
        wrong = mistakes(self.truth, found) & (self.labels == 0)
        return self._any(wrong) if wrong.any() else self.cell()

    def _any(self, mask):
        places = np.argwhere(mask)
        return places[self.random.integers(len(places))] if len(places) else (0, 0)


def mistakes(truth, found):
    """Return where cells and instances lie that have no partner at IoU 0.5."""
    shared = Shared.of(truth, found)
    missed, false = shared.found_again() < 0.5, shared.turned().found_again() < 0.5
    missed[0] = false[0] = False
    return missed[truth] | false[found]


def run(image, truth, way, start, seed, arguments):
    """Return AP50 and painted objects after each round, and the shares of mistakes at hints and elsewhere."""
    robot = Robot(truth, np.random.default_rng(seed))
    for _ in range(3):
        robot.paint(*robot.cell())
    for _ in range(2):
        robot.paint(*robot.background())
    robot.random = np.random.default_rng((seed, zlib.crc32(way.encode())))
    settings = FitSettings(device="cpu", seed=seed, patch=96, batch=4)
    init = drain(prior_for([image], settings.family)) if start == PRIOR else None
    learner = Learner([image], [Sketch(robot.labels, robot.lines)], settings, init)
    everything = slice(0, truth.shape[0]), slice(0, truth.shape[1])
    ap, objects, hit = [], [], []
    for number in range(arguments.rounds + 1):
        for _ in range(arguments.steps * (1 if number else 3)):
            learner.step()
        model, channels = learner.model(), learner.examples[0].normalized
        found = model.decode(drain(model.predicting_normalized(channels)))
        ap.append(evaluate(truth, found).ap50)
        objects.append(len(robot.painted))
        place = robot.background() if number % 3 == 2 else robot.cell()
        if way == "mistakes" and number % 3 != 2:
            place = robot.mistake(found)
        if way == "hints":
            hints = drain(looking_for_hints(model, channels, robot.labels > 0, 5)).places
            wrong = mistakes(truth, found)
            if hints and found.any():
                false = Shared.of(found, truth).found_again()[1:] < 0.5
                hit.append((np.mean([wrong[int(h.row), int(h.column)] for h in hints]), false.mean()))
            if hints and number % 3 != 2:
                place = hints[0].row, hints[0].column
        robot.paint(*place)
        learner.paint([Stroke(0, everything, robot.labels.copy(), robot.lines.copy())])
    return np.array(ap), np.array(objects), np.mean(hit, axis=0) if hit else None


def busiest(image, truth, side):
    """Return the part of an image with most cells, numbered from 1."""
    best = (-1, 0, 0)
    for row in range(0, max(truth.shape[0] - side, 0) + 1, side // 4):
        for column in range(0, max(truth.shape[1] - side, 0) + 1, side // 4):
            count = np.unique(truth[row : row + side, column : column + side]).size
            best = max(best, (count, -row, -column))
    part = np.s_[-best[1] : side - best[1], -best[2] : side - best[2]]
    numbers = np.unique(truth[part], return_inverse=True)[1].reshape(truth[part].shape)
    return image[part], (numbers if (truth[part] == 0).any() else numbers + 1).astype(np.int32)


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folders", nargs="+", type=Path)
    parser.add_argument("--ways", nargs="+", choices=WAYS, default=WAYS)
    parser.add_argument("--starts", nargs="+", default=[PRIOR, "random"])
    parser.add_argument("--rounds", type=int, default=14)
    parser.add_argument("--steps", type=int, default=10, help="of learning, in each round")
    parser.add_argument("--seeds", nargs="+", type=int, default=[0, 1])
    parser.add_argument("--side", type=int, default=256)
    parser.add_argument("--threads", type=int, default=1)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    for folder in arguments.folders:
        _, image, truth = next(iter(pairs(folder, 1)))
        image, truth = busiest(image, truth, arguments.side)
        for start in arguments.starts:
            for seed in arguments.seeds:
                goal = None
                for way in arguments.ways:
                    ap, objects, hit = run(image, truth, way, start, seed, arguments)
                    if goal is None:
                        goal = ap[-3:].mean()
                    reached = np.flatnonzero(ap >= goal)
                    needed = f"{objects[reached[0]]:3d}" if reached.size else "  –"
                    line = (
                        f"{folder.name[:24]:<24} {start:<6} seed {seed}   {way:<8} AP50 {ap[0]:.2f} → "
                        f"{ap[-3:].mean():.2f}, mean {ap[1:].mean():.2f}   {objects[-1]:3d} objects, "
                        f"{needed} for {goal:.2f}"
                    )
                    if hit is not None:
                        line += f"   wrong: {hit[0]:.0%} of hints, {hit[1]:.0%} of instances"
                    print(line, flush=True)


if __name__ == "__main__":
    main()
