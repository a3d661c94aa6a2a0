"""Whether an export does what the model does."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from sketchcell.errors import SketchcellError
from sketchcell.export.content import Content
from sketchcell.export.report import Runner, Trial
from sketchcell.inference import Maps, drain, resize_channels
from sketchcell.measure import matching
from sketchcell.networks import full_precision

TOLERANCE = 1e-3
"""The most by which maps may differ, as a share of the largest value, or of 1 if that is less."""

AGREEMENT = 0.95
"""The least AP50 of a decoder inside the graph."""

_LARGEST = 384  # pixels of a side: one tile, so that there is one answer


def crops(content: Content) -> list[NDArray[np.float32]]:
    """Return the middle of the test image at two sizes, (C, h, w), with its own intensities."""
    largest = int(_LARGEST / max(1, content.model.config.scale))
    height, width = (min(side, largest) for side in content.image.shape[1:])
    smaller = (max(1, height * 2 // 3 | 1), max(1, width * 5 // 7 | 1))
    return [_middle(content.image, *shape) for shape in ((height, width), smaller)]


def tried(content: Content, run: Runner, runtime: str, image: NDArray[np.float32]) -> Trial:
    """Run an export on an image and compare it with the model.

    Raises
    ------
    SketchcellError
        When it fails, or differs too much.
    """
    model = content.model
    normalised = model.config.normalization.apply(image)
    with full_precision():
        ours = drain(model.predicting_normalized(normalised))
    maps = np.stack([ours.at_image_size(name) for name in ours.channels])
    try:
        outputs = run(normalised if content.normalised else image)
    except Exception as error:  # each runtime has its own kinds
        raise SketchcellError(
            f"The export was thrown away: {runtime} cannot run it on an image of {image.shape[1:]} pixels "
            f"({str(error).splitlines()[0][:200]})."
        ) from error
    difference = np.abs(outputs[0] - maps)
    if outputs[0].shape != maps.shape or not difference.max() <= TOLERANCE * max(1.0, np.abs(maps).max()):
        raise SketchcellError(
            f"The export was thrown away: in {runtime} its maps differ from the model's by up to "
            f"{difference.max():.2g}."
        )
    labels = model.decode(ours)
    found = outputs[1][0] if content.decoder else _decoded(content, outputs[0], ours)
    ap50 = _agreement(labels, found)
    if content.decoder and ap50 < AGREEMENT:
        raise SketchcellError(
            f"The export was thrown away: in {runtime} its decoder finds other cells than the model (AP50 "
            f"{ap50:.2f}); export the maps alone."
        )
    return Trial(
        runtime,
        (image.shape[1], image.shape[2]),
        float(difference.max()),
        float(difference.mean()),
        int(labels.max()),
        ap50,
        ap50 == 1 and bool(((found > 0) == (labels > 0)).all()) and _same_parts(labels, found),
    )


def _decoded(content: Content, maps: NDArray[Any], ours: Maps) -> NDArray[np.int32]:
    """Decode an export's maps, which have the image's size, at the model's own working size."""
    values = resize_channels(np.asarray(maps, np.float32), (ours.values.shape[1], ours.values.shape[2]))
    return content.model.decode(Maps(values, ours.channels, ours.shape))


def _agreement(truth: NDArray[np.int32], found: NDArray[Any]) -> float:
    if not truth.any() and not found.any():
        return 1.0
    match = matching(truth, found)
    return match.tp / (match.tp + match.fp + match.fn)


def _same_parts(one: NDArray[np.int32], two: NDArray[Any]) -> bool:
    pairs = np.unique(np.stack([one.ravel(), np.asarray(two, np.int64).ravel()]), axis=1)
    return bool(pairs.shape[1] == np.unique(pairs[0]).size == np.unique(pairs[1]).size)


def _middle(image: NDArray[np.float32], height: int, width: int) -> NDArray[np.float32]:
    top, left = (image.shape[1] - height) // 2, (image.shape[2] - width) // 2
    return np.ascontiguousarray(image[:, top : top + height, left : left + width])
