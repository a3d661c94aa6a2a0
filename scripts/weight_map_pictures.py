"""Make the pictures of docs/weight-maps.md: classes and weight maps of a part of the sample image.

python scripts/weight_map_pictures.py docs/images

One logarithmic scale for all maps: dark blue is a weight of 0.2 or less, yellow one of 20 or more.
"""

import argparse
from pathlib import Path

import imageio.v3 as iio
import numpy as np

from sketchcell import load_sample
from sketchcell.families.classes import class_map
from sketchcell.families.weight_maps import class_balance, dwm, saw, unet_weights

PART = np.s_[70:230, 20:240]
ZOOM = 3
RANGE = (0.2, 20)
MAPS = {"balance": class_balance, "unet": unet_weights, "dwm": dwm, "saw": saw}
CLASS_COLORS = np.array([[0, 0, 0], [70, 130, 220], [250, 200, 40], [200, 60, 120]])
# from dark blue to yellow, evenly rising in lightness
SCALE = np.array([[48, 18, 90], [58, 82, 139], [32, 144, 140], [94, 201, 97], [253, 231, 37]])


def coloured(values: np.ndarray) -> np.ndarray:
    """Return colours (H, W, 3) of values in [0, 1]."""
    steps = np.linspace(0, 1, len(SCALE))
    return np.stack([np.interp(values, steps, channel) for channel in SCALE.T], -1)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("folder", type=Path)
    folder = parser.parse_args().folder
    sample = load_sample("nuclei")
    grey = sample.image / np.percentile(sample.image[PART], 99.8)
    pictures = {"image": np.repeat(255 * np.clip(grey, 0, 1)[..., None] ** 0.6, 3, -1)}
    pictures["classes"] = CLASS_COLORS[class_map(sample.truth, 4)]
    for name, weights in MAPS.items():
        values = np.log(np.clip(weights(sample.truth), *RANGE) / RANGE[0])
        pictures[name] = coloured(values / np.log(RANGE[1] / RANGE[0]))
    for name, picture in pictures.items():
        large = picture[PART].repeat(ZOOM, 0).repeat(ZOOM, 1).astype(np.uint8)
        iio.imwrite(folder / f"weights-{name}.png", large)


if __name__ == "__main__":
    main()
