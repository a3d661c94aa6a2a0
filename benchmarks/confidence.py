"""How well `confidence` tells right instances from wrong ones, and whether it is calibrated.

    python confidence.py FOLDER … [--families flow distance sdf multiclass] [--steps 120]

A folder holds `NAME_img.*` and `NAME_masks.*`; the part of its first image with most cells is used. Each
family segments it with the prior as it is, with the prior after a quarter of the steps on strokes that cover
3 % of the image, and from random weights after all of them. An instance is right if its IoU with a true cell
is ½ or more. Printed are the area under the ROC curve (½ is chance), the rank correlation with the IoU, and
the share of right instances by confidence.
"""

import argparse
import os

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

from pathlib import Path

import numpy as np
import torch
from accuracy import pairs
from hints import busiest
from scipy.stats import rankdata, spearmanr

from sketchcell import FitSettings, fit, simulate_sketch
from sketchcell.families import FAMILIES
from sketchcell.images import as_channels
from sketchcell.inference import drain
from sketchcell.learning.confidence import confidence
from sketchcell.learning.second_look import Shared, looking_again
from sketchcell.pretrained import PRIOR, prior_for


def judged(image, truth, family, start, steps):
    """Return confidence and IoU of the instances that a model finds."""
    if steps:
        settings = FitSettings(family=family, steps=steps, device="cpu", patch=96, batch=6)
        model = drain(fit([image], [simulate_sketch(truth, 0.03, seed=1)], settings, start))
    else:
        model = drain(prior_for([image], family))
    channels = model.config.normalization.apply(as_channels(image))
    labels = model.decode(drain(model.predicting_normalized(channels)))
    sure = confidence(labels, drain(looking_again(model, channels)))
    return np.stack([sure, Shared.of(labels, truth).found_again()])[:, 1:]


def line(name, found):
    sure, iou = found
    right = iou >= 0.5
    ranks = rankdata(sure)
    rights, wrongs = right.sum(), (~right).sum()
    area = (ranks[right].sum() - rights * (rights + 1) / 2) / max(rights * wrongs, 1)
    area = f"{area:.2f}" if rights and wrongs else "   –"
    print(
        f"{name:<28} {sure.size:5d} instances, {right.mean():4.0%} right, mean confidence {sure.mean():.2f}"
        f"   AUC {area}   rank correlation {spearmanr(sure, iou)[0]:.2f}",
        flush=True,
    )


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folders", nargs="+", type=Path)
    parser.add_argument("--families", nargs="+", default=list(FAMILIES))
    parser.add_argument("--steps", type=int, default=120)
    parser.add_argument("--side", type=int, default=256)
    parser.add_argument("--threads", type=int, default=1)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    found = {}
    for folder in arguments.folders:
        _, image, truth = next(iter(pairs(folder, 1)))
        image, truth = busiest(image, truth, arguments.side)
        for family in arguments.families:
            for start, steps in ((PRIOR, 0), (PRIOR, arguments.steps // 4), ("random", arguments.steps)):
                one = judged(image, truth, family, start, steps)
                if one.size:
                    found[folder.name, family, f"{start} {steps}"] = one
    for place in range(3):
        for name in dict.fromkeys(key[place] for key in found):
            line(name[:28], np.concatenate([v for key, v in found.items() if key[place] == name], axis=1))
    everything = np.concatenate(list(found.values()), axis=1)
    line("all", everything)
    for low in np.arange(0, 1, 0.2):
        these = (everything[0] >= low) & (everything[0] < low + 0.2)
        if these.any():
            share = (everything[1][these] >= 0.5).mean()
            print(f"confidence {low:.1f}–{low + 0.2:.1f}: {share:4.0%} of {these.sum()} right")


if __name__ == "__main__":
    main()
