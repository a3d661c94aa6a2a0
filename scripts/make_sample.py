"""Make a sample that ships with the package, from an image and its ground truth.

python scripts/make_sample.py IMAGE TRUTH FOLDER [--crop TOP LEFT HEIGHT WIDTH] [--share 0.03] [--seed 0]

Writes image.png, truth.png (instances renumbered from 1), sketch.png (0 unlabelled, 1 background, 2 objects)
and boundaries.png (255 on lines between touching objects) into FOLDER; its README.md is written by hand.
"""

import argparse
from pathlib import Path

import imageio.v3 as iio
import numpy as np
from skimage.segmentation import relabel_sequential

from sketchcell import simulate_sketch
from sketchcell.images import read_image, read_labels


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("image", type=Path)
    parser.add_argument("truth", type=Path)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--crop", type=int, nargs=4, metavar=("TOP", "LEFT", "HEIGHT", "WIDTH"))
    parser.add_argument("--share", type=float, default=0.03, help="fraction of the pixels to paint")
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()

    image, truth = read_image(arguments.image), read_labels(arguments.truth)
    if image.ndim == 3 and (image == image[..., :1]).all():
        image = image[..., 0]
    if arguments.crop:
        top, left, height, width = arguments.crop
        image, truth = (plane[top : top + height, left : left + width] for plane in (image, truth))
    truth = relabel_sequential(truth)[0]
    sketch = simulate_sketch(truth, share=arguments.share, seed=arguments.seed, one_id=True)

    arguments.folder.mkdir(parents=True, exist_ok=True)
    for name, plane in {
        "image": image,
        "truth": truth.astype(np.uint8 if truth.max() < 256 else np.uint16),
        "sketch": sketch.labels.astype(np.uint8),
        "boundaries": sketch.boundaries.astype(np.uint8) * 255,
    }.items():
        iio.imwrite(arguments.folder / f"{name}.png", plane, optimize=True)


if __name__ == "__main__":
    main()
