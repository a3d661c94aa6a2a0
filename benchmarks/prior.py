"""The shipped prior alone, before any stroke, on images that it has not learned from.

    python prior.py FOLDER … [--names FILE] [--cpnet FILE] [--forest forest.py]

A folder holds `NAME_img.*` and `NAME_masks.*`. AP at IoU 0.5 of each family's prior, at the size that it
finds by itself; beside it a CPnet file of Cellpose or Omnipose at the true diameter, decoded here, and a
random forest given strokes on 3 % of the image. Means a folder. `--names` leaves out all but the images named
in a file as `FOLDER/NAME`, such as `scripts/prior/held_out.txt`.
"""

import argparse
import os

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

from pathlib import Path

import numpy as np
import torch
from accuracy import load_forest, pairs

from sketchcell import SketchcellError, evaluate, simulate_sketch
from sketchcell.families import FAMILIES
from sketchcell.images import as_channels
from sketchcell.inference import drain
from sketchcell.pretrained import import_file, prior_for

SHARE = 0.03


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folders", nargs="+", type=Path)
    parser.add_argument("--count", type=int, default=1000, help="images of each folder")
    parser.add_argument("--names", type=Path)
    parser.add_argument("--families", nargs="+", default=list(FAMILIES))
    parser.add_argument("--cpnet", type=Path)
    parser.add_argument("--forest", type=Path)
    parser.add_argument("--threads", type=int)
    arguments = parser.parse_args()
    if arguments.threads:
        torch.set_num_threads(arguments.threads)
    names = set(arguments.names.read_text().split()) if arguments.names else None
    forest = load_forest(arguments.forest) if arguments.forest else None
    columns = [*arguments.families, *["CPnet"] * bool(arguments.cpnet), *["forest"] * bool(forest)]
    print(f"{'':<30} images " + " ".join(f"{column:>10}" for column in columns))
    for folder in arguments.folders:
        scores = []
        for name, image, truth in pairs(folder, arguments.count):
            if names is not None and f"{folder.name}/{name}" not in names:
                continue
            found = [drain(prior_for([image], family)).segment(image) for family in arguments.families]
            if arguments.cpnet:
                areas = np.bincount(truth.ravel())[1:]
                diameter = float(2 * np.sqrt(np.median(areas[areas > 0]) / np.pi))
                channels = as_channels(image).shape[0]
                # two channels at most: cells, nuclei
                grey = image if channels < 3 else as_channels(image).mean(0)
                found.append(import_file(arguments.cpnet, diameter=diameter).model.segment(grey))
            if forest:
                sketch = simulate_sketch(truth, SHARE, seed=0)
                try:
                    found.append(np.asarray(forest(image, sketch.labels)))
                except (SketchcellError, ValueError):
                    found.append(np.zeros_like(truth))
            scores.append([evaluate(truth, labels).ap50 for labels in found])
        if scores:
            means = " ".join(f"{score:10.2f}" for score in np.mean(scores, axis=0))
            print(f"{folder.name[:30]:<30} {len(scores):6d} {means}", flush=True)


if __name__ == "__main__":
    main()
