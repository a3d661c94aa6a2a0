"""What a person painted on one image plane."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sketchcell.errors import SketchcellError
from sketchcell.sketch.changes import tight_windows
from sketchcell.sketch.ids import BACKGROUND, FIRST_OBJECT
from sketchcell.sketch.objects import Objects
from sketchcell.sketch.resize import resize_window, target_window
from sketchcell.sketch.update import update_valid_distances
from sketchcell.sketch.valid import ValidDistances, valid_distances
from sketchcell.sketch.window import Window, checked, union


class Sketch:
    """Strokes on one image plane: labels, and boundaries between touching objects.

    Parameters
    ----------
    labels
        (H, W), whole numbers: 0 unlabelled, 1 background, 2 and more objects. One id may cover many objects,
        or one object each. Copied.
    boundaries
        (H, W); non-zero on lines drawn between touching objects that are painted with one id. Copied.

    Raises
    ------
    SketchcellError
        If an array is not two-dimensional, empty, negative, not whole numbers, or if the shapes differ.
    """

    def __init__(self, labels: ArrayLike, boundaries: ArrayLike | None = None) -> None:
        self._labels = as_labels(labels)
        self._boundaries = (
            np.zeros(self._labels.shape, np.bool_) if boundaries is None else _as_mask(boundaries)
        )
        if self._boundaries.shape != self._labels.shape:
            raise SketchcellError(
                f"The boundaries have the shape {self._boundaries.shape} and the labels "
                f"{self._labels.shape}; give both the shape of the image."
            )
        self._distances: ValidDistances | None = None
        self._objects: Objects | None = None
        self._is_crop = False

    @property
    def labels(self) -> NDArray[np.int32]:
        """Labels, int32 (H, W); change them with `paint` only."""
        return self._labels

    @property
    def boundaries(self) -> NDArray[np.bool_]:
        """Boundaries, bool (H, W); change them with `paint` only."""
        return self._boundaries

    @property
    def shape(self) -> tuple[int, int]:
        """Height and width, in pixels."""
        height, width = self._labels.shape
        return height, width

    @property
    def window(self) -> Window:
        """The window that holds all of it."""
        return slice(0, self.shape[0]), slice(0, self.shape[1])

    @property
    def distances(self) -> ValidDistances:
        """The valid distance set and its bounds; computed when first asked for, then kept up by `paint`."""
        if self._distances is None:
            self._distances = valid_distances(self._labels, self._boundaries)
        return self._distances

    @property
    def objects(self) -> Objects:
        """The objects that are painted; found when first asked for, then kept up by `paint`.

        Raises
        ------
        ValueError
            If the sketch is a crop: it does not know what lies beyond its edge.
        """
        if self._is_crop:
            raise ValueError("a crop does not know the objects that it cuts: ask the whole sketch")
        if self._objects is None:
            self._objects = Objects(self._labels, self._boundaries)
        return self._objects

    def paint(self, window: Window, labels: ArrayLike, boundaries: ArrayLike | None = None) -> Window:
        """Replace what is painted in `window`; distances and objects that are known are updated in place.

        Parameters
        ----------
        window
            Rows and columns.
        labels
            Of the window's shape; zeros erase.
        boundaries
            Of the window's shape; None leaves the boundaries as they are.

        Returns
        -------
        Window
            Where labels, boundaries, distances or objects may have changed; empty if nothing has.

        Raises
        ------
        ValueError
            If the window is not inside the sketch, the shapes do not fit, or the sketch is a crop.
        """
        if self._is_crop:
            raise ValueError("a crop keeps the distances of the whole sketch: paint on that one")
        window = checked(window, self.shape)
        here, lines = self._labels[window], self._boundaries[window]
        new = np.asarray(labels)
        new_lines = lines if boundaries is None else np.asarray(boundaries) != 0
        if new.shape != here.shape or new_lines.shape != here.shape:
            raise ValueError(f"labels {new.shape} and boundaries {new_lines.shape} do not fill {here.shape}")
        changed = tight_windows((new != here) | (new_lines != lines), window)
        if not changed:
            return slice(window[0].start, window[0].start), slice(window[1].start, window[1].start)
        here[...] = as_labels(new)
        lines[...] = new_lines
        affected = [window]
        if self._distances is not None:
            affected = [update_valid_distances(self._distances, self._labels, self._boundaries, changed)]
        if self._objects is not None:
            affected += [self._objects.update(tight) for tight in changed]
        return union(affected)

    def crop(self, window: Window) -> "Sketch":
        """Return a copy of `window` that keeps the whole sketch's distances, exact though cropped."""
        window = checked(window, self.shape)
        return self._with(self._labels[window], self._boundaries[window], self.distances.crop(window))

    def resized(self, shape: tuple[int, int]) -> "Sketch":
        """Return the sketch at another size: nearest labels; a boundary stays where any of its pixels was.

        Distances are computed after resizing, in pixels of the new size, where they are exact again. Resize
        the whole and crop that: a crop alone does not know what lies beyond its edge, and raises ValueError.
        """
        if self._is_crop:
            raise ValueError("a crop does not know what lies around it: resize the whole sketch, then crop")
        everything = (slice(0, shape[0]), slice(0, shape[1]))
        return Sketch(*resize_window(self._labels, self._boundaries, everything, shape))

    def resized_window(
        self, window: Window, shape: tuple[int, int]
    ) -> tuple[Window, NDArray[np.int32], NDArray[np.bool_]]:
        """Return what a change in `window` changes in the sketch resized to `shape`.

        For `small = whole.resized(shape)`, after `whole.paint(window, ...)` the call
        `small.paint(*whole.resized_window(window, shape))` gives what resizing the whole sketch again would.

        Returns
        -------
        window, labels, boundaries
            In pixels of the new size.
        """
        target = target_window(checked(window, self.shape), self.shape, shape)
        return target, *resize_window(self._labels, self._boundaries, target, shape)

    def require_trainable(self) -> None:
        """Raise SketchcellError unless background and objects are painted."""
        require_trainable([self])

    @classmethod
    def _with(
        cls, labels: NDArray[np.int32], boundaries: NDArray[np.bool_], distances: ValidDistances
    ) -> "Sketch":
        sketch = cls.__new__(cls)
        sketch._labels = labels.copy()
        sketch._boundaries = boundaries.copy()
        sketch._distances = distances
        sketch._objects = None
        sketch._is_crop = True
        return sketch


def require_trainable(sketches: Sequence[Sketch]) -> None:
    """Raise SketchcellError unless the sketches, taken together, hold background and objects."""
    background = any(bool((sketch.labels == BACKGROUND).any()) for sketch in sketches)
    objects = any(bool((sketch.labels >= FIRST_OBJECT).any()) for sketch in sketches)
    if not background and not objects:
        raise SketchcellError(
            "The sketch is empty: paint some objects (label 2 or more) and some background (label 1)."
        )
    if not objects:
        raise SketchcellError("Only background is painted: paint some objects as well (label 2 or more).")
    if not background:
        raise SketchcellError("Only objects are painted: paint some background as well (label 1).")


def as_labels(
    labels: ArrayLike, of: str = "sketch", meaning: str = "0 unlabelled, 1 background, 2 or more objects"
) -> NDArray[np.int32]:
    """Return a plane of labels as int32, a copy; what they are `of` and their meaning are for complaints."""
    array = _as_plane(labels, f"{of}'s labels")
    if array.dtype.kind == "f" and not (np.isfinite(array).all() and (array == np.rint(array)).all()):
        raise SketchcellError(f"The {of}'s labels must be whole numbers: {meaning}.")
    if array.dtype.kind not in "biuf":
        raise SketchcellError(f"The {of}'s labels must be whole numbers, not {array.dtype}.")
    # as int, because small types compare with what they cannot hold as with something else
    if array.min() < 0 or int(array.max()) > np.iinfo(np.int32).max:
        raise SketchcellError(f"The {of}'s labels must lie between 0 and 2147483647: {meaning}.")
    return array.astype(np.int32)


def _as_mask(boundaries: ArrayLike) -> NDArray[np.bool_]:
    array = _as_plane(boundaries, "sketch's boundaries")
    if array.dtype.kind not in "biuf":
        raise SketchcellError(f"The boundaries must be a mask of numbers, not {array.dtype}.")
    if array.dtype.kind == "f" and np.isnan(array).any():
        raise SketchcellError("The boundaries must be a mask, but they contain NaN (not a number).")
    mask: NDArray[np.bool_] = array != 0
    return mask


def _as_plane(values: ArrayLike, name: str) -> NDArray[Any]:
    try:
        array = np.asarray(values)
    except ValueError as error:
        raise SketchcellError(f"The {name} are no plane: their rows differ in length.") from error
    if array.ndim != 2 or array.size == 0:
        raise SketchcellError(
            f"The {name} have the shape {array.shape}; give one plane of the image's height and width."
        )
    return array
