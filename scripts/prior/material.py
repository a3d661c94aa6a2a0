"""What the prior learns from: crops of real images at any size and in any light, and drawn cells."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy import ndimage
from skimage.measure import regionprops_table

from sketchcell.families import FAMILIES
from sketchcell.families.flow import FlowParams
from sketchcell.images import Normalization, as_channels, read_image, read_labels
from sketchcell.inference import resize_channels, resize_labels
from sketchcell.learning.joint import JointFamilies
from sketchcell.sketch import Sketch
from sketchcell.synthetic import draw_cells
from sketchcell.synthetic.noise import between, smooth_noise

# Directions are what is learned last, and what tells touching cells apart; large cells have large distances.
JOINT = JointFamilies(FAMILIES, {"flow": FlowParams(flow_weight=4.0, distance_weight=1.0, bound_weight=1.0)})
SIDE = 192  # of a crop, in pixels
REAL = 0.65  # share of the crops
EASY, MOST_HARD = 4000, 0.75  # crops, over which the easy ones become rare; the share of the others then
UNFIT = {"stacks_3d", "bacteria_colicoords"}  # stacks; only some of the cells labelled
_FIELD = (224, 400)  # sides of the fields that crops are normalised with


@dataclass(frozen=True, eq=False)
class Image:
    """A real image, its truth, and what kind of image it is."""

    name: str
    kind: str
    channels: np.ndarray  # float32 (C, H, W)
    labels: np.ndarray  # int32 (H, W)
    centres: np.ndarray  # float (N, 2), of the cells
    diameter: float


def read_images(folder):
    """Return the images of a folder of data sets (`SET/NAME_img.*`, `SET/NAME_masks.*`), planes only."""
    images = []
    for path in sorted(Path(folder).glob("*/*_img.*")):
        if path.parent.name in UNFIT:
            continue
        labels = read_labels(next(path.parent.glob(path.name.split("_img")[0] + "_masks.*")))
        channels = as_channels(read_image(path)).astype(np.float32)
        cells = regionprops_table(labels, properties=("area", "centroid"))
        diameter = float(2 * np.sqrt(np.median(cells["area"]) / np.pi))
        centres = np.stack([cells["centroid-0"], cells["centroid-1"]], 1)
        name = f"{path.parent.name}/{path.name.split('_img')[0]}"
        images.append(
            Image(name, _kind(path.parent.name, channels, diameter), channels, labels, centres, diameter)
        )
    return images


def _kind(folder, channels, diameter):
    """Return the kind of an image: kinds are drawn equally often, whatever the number of their images."""
    if folder != "dsb2018":
        return folder
    if channels.shape[0] == 3:
        return "dsb2018 stained"
    if np.median(channels) > channels.mean():
        return "dsb2018 brightfield"
    return f"dsb2018 fluorescence, {'small' if diameter < 18 else 'medium' if diameter < 30 else 'large'}"


def item(images, seed, number):
    """Return an image (3, SIDE, SIDE) and the planes of its joint target, float32; the same each time."""
    random = np.random.default_rng((seed, number))
    diameter = float(np.clip(np.exp(random.normal(3.05, 0.33)), 9, 45))
    side = int(random.integers(*_FIELD))
    # At first bright cells on dark ground only: from all at once the network learns no direction for a long
    # time, as any one filter points inwards in half of the images and outwards in the others.
    easy = random.uniform() > min(number / EASY, MOST_HARD)
    if easy or random.uniform() < REAL:
        known = [image for image in images if not easy or "fluorescence" in image.kind]
        channels, labels = _real(known, diameter, side, random)
    else:
        drawn = draw_cells(random, (side, side), diameter)
        channels, labels = drawn.pixels, drawn.labels
    seen = np.repeat(channels[:1], 3, 0) if easy else _three(_other_light(channels, random), random)
    channels = Normalization().apply(seen)
    top, left = (int(random.integers(length - SIDE + 1)) for length in labels.shape)
    here = slice(top, top + SIDE), slice(left, left + SIDE)
    labels = np.ascontiguousarray(labels[here])
    return np.ascontiguousarray(channels[:, *here]), JOINT.encode(Sketch(labels + 1)).data


def _real(images, diameter, side, random):
    several = {image.kind: [other for other in images if other.kind == image.kind] for image in images}
    # the more cells of a kind there are, the more there is to learn from it, but rare kinds count too
    shares = np.sqrt([sum(len(image.centres) for image in kind) for kind in several.values()])
    kind = list(several)[int(random.choice(len(shares), p=shares / shares.sum()))]
    image = several[kind][int(random.integers(len(several[kind])))]
    scale = min(diameter / image.diameter, 3.0)
    field = side / scale  # in pixels of the image
    height, width = image.labels.shape
    rows, columns = (min(int(field) + 1, length) for length in (height, width))
    top, left = int(random.integers(height - rows + 1)), int(random.integers(width - columns + 1))
    if random.uniform() < 0.7:  # not only what is between the cells
        centre = image.centres[int(random.integers(len(image.centres)))]
        jitter = random.uniform(-0.4, 0.4, 2) * (rows, columns)
        top = int(np.clip(centre[0] + jitter[0] - rows / 2, 0, height - rows))
        left = int(np.clip(centre[1] + jitter[1] - columns / 2, 0, width - columns))
    here = slice(top, top + rows), slice(left, left + columns)
    shape = max(round(rows * scale), 16), max(round(columns * scale), 16)
    channels = resize_channels(np.ascontiguousarray(image.channels[:, *here]), shape)
    labels = resize_labels(np.ascontiguousarray(image.labels[here]), shape)
    missing = [(0, max(SIDE - length, 0)) for length in shape]
    # what lies beyond a small image is not an unknown but its mirror
    channels = np.pad(channels, [(0, 0), *missing], mode="symmetric")
    return channels, np.pad(labels, missing, mode="symmetric")


def _other_light(channels, random):
    """Return the image as another microscope or another day might show it."""
    low, high = np.percentile(channels, (0.5, 99.8))
    channels = (channels - low) / max(high - low, 1e-6)
    if random.uniform() < 0.4:
        channels = np.sign(channels) * np.abs(channels) ** between(random, 0.5, 2)
    if random.uniform() < 0.15:  # only what differs from its surroundings
        sigma = between(random, 5, 40)
        channels = channels - random.uniform(0.3, 1) * ndimage.gaussian_filter(channels, (0, sigma, sigma))
    if random.uniform() < 0.2:
        channels = ndimage.gaussian_filter(channels, (0, *[between(random, 0.4, 1.5)] * 2))
    if random.uniform() < 0.2:
        shading = smooth_noise(random, channels.shape[1:], channels.shape[1] / 3)
        channels = channels * np.exp(random.uniform(0, 0.4) * shading)
    if random.uniform() < 0.2:
        channels = channels + between(random, 0.005, 0.08) * random.standard_normal(channels.shape)
    if random.uniform() < 0.03:
        channels = -channels
    return channels.astype(np.float32)


def _three(channels, random):
    """Return three channels: grey three times, or colours, sometimes others than they were."""
    if channels.shape[0] == 3:
        chance = random.uniform()
        if chance < 0.35:
            weights = random.dirichlet((3, 3, 3)).astype(np.float32)
            return np.repeat(np.tensordot(weights, channels, 1)[None], 3, 0)
        return channels[random.permutation(3)] if chance < 0.6 else channels
    if random.uniform() < 0.95:
        return np.repeat(channels[:1], 3, 0)
    # cells in some of the channels, nothing in the others
    shown = random.uniform(size=3) < 0.5
    shown[int(random.integers(3))] = True
    empty = 0.02 * random.standard_normal((3, *channels.shape[1:]))
    return (shown[:, None, None] * channels[:1] + empty).astype(np.float32)
