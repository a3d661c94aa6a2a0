"""How well instances agree with what is painted, though most of the image is not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from sketchcell.sketch import BACKGROUND, PaintedObject, Sketch, Window
from sketchcell.sketch.window import within

_SPURIOUS_SHARE = 0.5  # of an instance on painted background, from which it is a false one


@dataclass(frozen=True, eq=False)
class Agreement:
    """How well painted objects were found; add those of several windows.

    Attributes
    ----------
    quality
        float64 (N,): for each painted object the intersection over union with the instance that fits best.
    closed
        bool (N,): whether the object's outline is known all round.
    spurious
        Instances that lie on painted background.
    instances
        All of them, painted or not.
    pixels
        int64 (2, 2): painted pixels, by whether they are background or object (rows), and whether they were
        found to be (columns).
    """

    quality: NDArray[np.float64]
    closed: NDArray[np.bool_]
    spurious: int
    instances: int
    pixels: NDArray[np.int64]

    @property
    def score(self) -> float:
        """Mean quality, spurious instances counted as objects of quality 0; in [0, 1], 1 is best."""
        return float(self.quality.sum()) / max(self.quality.size + self.spurious, 1)

    def outlines(self) -> Agreement:
        """Return the part that tells where outlines are: a stroke inside an object does not."""
        return replace(self, quality=self.quality[self.closed], closed=self.closed[self.closed])

    @property
    def sides(self) -> float:
        """Mean of the shares of background and of object pixels that were found to be that."""
        right = np.diag(self.pixels) / np.maximum(self.pixels.sum(1), 1)
        return float(right.mean())

    def clearly_better_than(self, other: Agreement, least: float) -> bool:
        """Tell whether the score is higher by `least` and by more than a standard error of the mean."""
        change = self.quality - other.quality
        error = float(change.std()) / np.sqrt(max(change.size, 1))
        return bool(self.score - other.score > max(least, error))

    @classmethod
    def of_all(cls, parts: Sequence[Agreement]) -> Agreement:
        """Return the agreement of several windows together."""
        return cls(
            np.concatenate([part.quality for part in parts]),
            np.concatenate([part.closed for part in parts]),
            sum(part.spurious for part in parts),
            sum(part.instances for part in parts),
            np.sum([part.pixels for part in parts], axis=0),
        )


def agreement(
    labels: NDArray[np.int32],
    sketch: Sketch,
    window: Window,
    objects: list[PaintedObject],
    counts: NDArray[np.bool_],
) -> Agreement:
    """Compare instances with painted objects.

    The intersection over union of an object and an instance is taken over what is known: of the instance's
    pixels those that are painted as background or as another object speak against it; unpainted ones do
    not, unless the object's outline is known all round. Pixels of the same id elsewhere may belong to the
    same object or not, and say nothing.

    Parameters
    ----------
    labels
        int32, instances in the window.
    sketch
        Of the whole image.
    window
        Where the labels lie.
    objects
        To judge by; they lie in the window.
    counts
        bool, of the window's shape: where background counts.
    """
    background = sketch.labels[window] == BACKGROUND
    area = np.bincount(labels.ravel())
    size = area.size
    on_background = np.bincount(labels[background], minlength=size)
    painted = sketch.labels[window] > BACKGROUND
    on_objects = np.bincount(labels[painted], minlength=size)
    same_id: dict[int, NDArray[np.int64]] = {}
    quality = []
    for one in objects:
        here = labels[within(one.box, window)][one.mask]
        shared = np.bincount(here, minlength=size)
        if one.closed:
            union = one.area + area - shared
        else:
            if one.id not in same_id:
                same_id[one.id] = np.bincount(labels[sketch.labels[window] == one.id], minlength=size)
            others = on_objects - same_id[one.id]
            union = one.area + on_background + others
        fit = shared[1:] / np.maximum(union[1:], 1)
        quality.append(float(fit.max(initial=0.0)))
    false = np.bincount(labels[background & counts], minlength=size)
    held = np.maximum(area, 1)
    is_false = (false >= _SPURIOUS_SHARE * held) & (on_objects == 0)
    closed = np.array([one.closed for one in objects], np.bool_)
    cell = labels > 0
    pixels = np.array(
        [
            [np.count_nonzero(kind & ~cell), np.count_nonzero(kind & cell)]
            for kind in (background & counts, painted & counts)
        ],
        np.int64,
    )
    spurious = int(np.count_nonzero(is_false[1:]))
    instances = int(np.count_nonzero(area[1:]))
    return Agreement(np.array(quality, np.float64), closed, spurious, instances, pixels)


def mostly_in(objects: list[PaintedObject], counts: NDArray[np.bool_], window: Window) -> list[PaintedObject]:
    """Return the objects that lie in a window, more than half of each where `counts` says so."""
    chosen = []
    for one in objects:
        inside = all(
            outer.start <= inner.start and inner.stop <= outer.stop
            for inner, outer in zip(one.box, window, strict=True)
        )
        if inside and 2 * np.count_nonzero(counts[within(one.box, window)] & one.mask) > one.area:
            chosen.append(one)
    return chosen
