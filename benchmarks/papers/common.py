"""What the experiments share: images of a folder, results that survive an interruption, tables."""

import json
import os
from pathlib import Path

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

import numpy as np
import torch

from sketchcell import evaluate
from sketchcell.images import read_image, read_labels


def images_of(folder, side=None):
    """Return names, images and truths (`NAME_img.*`, `NAME_masks.*`) of a folder, cut to `side` px."""
    found = []
    for path in sorted(Path(folder).glob("*_img.*")):
        name = path.stem.removesuffix("_img")
        image, truth = read_image(path), read_labels(next(Path(folder).glob(f"{name}_masks.*")))
        cut = np.s_[:side, :side]
        found.append((name, image[cut], truth[cut]))
    if not found:
        raise SystemExit(f"There is no *_img.* in {folder}.")
    return found


def halves(images):
    """Return the left halves, to learn from, and the right halves, to judge by, of `images_of`."""
    cut = [(name, image, truth, truth.shape[1] // 2) for name, image, truth in images]
    left = [(name, image[:, :half], truth[:, :half]) for name, image, truth, half in cut]
    right = [(name, image[:, half:], truth[:, half:]) for name, image, truth, half in cut]
    return left, right


def parse(parser):
    """Add the options that all experiments share, and return what was given; torch has its threads then."""
    parser.add_argument("--side", type=int, help="cut images to this many pixels")
    parser.add_argument("--paper", action="store_true", help="the paper's sizes; needs a GPU")
    parser.add_argument("--device", default="auto")
    parser.add_argument("--threads", type=int)
    arguments = parser.parse_args()
    if arguments.threads:
        torch.set_num_threads(arguments.threads)
    return arguments


class Results:
    """Numbers by name in a JSON file; what is there already is not computed again.

    Parameters
    ----------
    path
        Of the file.
    """

    def __init__(self, path):
        self._path = Path(path)
        self.values = json.loads(self._path.read_text()) if self._path.exists() else {}

    def get(self, name, compute):
        """Return the result of that name; computed, printed and kept if it is not there yet."""
        if name not in self.values:
            self.values[name] = compute()
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._path.write_text(json.dumps(self.values, indent=1) + "\n")
            print(name, self.values[name], flush=True)
        return self.values[name]


def scores(truth, labels):
    """Return the measures that the papers' tables show, as plain numbers."""
    accuracy = evaluate(truth, labels)
    half = accuracy.thresholds.index(0.5)
    contours = zip(accuracy.contour_radii, accuracy.contour_f1, strict=True)
    return {
        "AP50": accuracy.ap50,
        "precision": accuracy.precision[half],
        "recall": accuracy.recall[half],
        "F1": accuracy.f1[half],
        "DQ": accuracy.detection_quality,
        "SQ": accuracy.segmentation_quality,
        "Dice": accuracy.dice,
        "Jaccard": accuracy.jaccard,
        "SEG": accuracy.seg,
        "DET": accuracy.det,
        "OP_CSB": accuracy.op_csb,
    } | {f"contour F1, {radius:g} px": f1 for radius, f1 in contours}


def mean_of(several):
    """Return the mean of each measure over several `scores`, undefined ones left out."""
    return {name: float(np.nanmean([one[name] for one in several])) for name in several[0]}


def table(header, rows):
    """Return a Markdown table; numbers with two digits after the point."""
    lines = [header, ["---"] * len(header)]
    for row in rows:
        lines.append([f"{cell:.2f}" if isinstance(cell, float) else str(cell) for cell in row])
    return "\n".join("| " + " | ".join(line) + " |" for line in lines) + "\n"
