"""Saying that what is shown as one cell is several, by a line between them."""

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import ndimage
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import KDTree

from sketchcell.sketch.gestures.exact import MARGIN, beside_paint, overshoot
from sketchcell.sketch.gestures.lines import as_line, line_pixels
from sketchcell.sketch.gestures.plane import Correction, Draft, Plane
from sketchcell.sketch.gestures.regions import edges, grown, instances_along, pixels_of, placed
from sketchcell.sketch.ids import FIRST_OBJECT
from sketchcell.sketch.window import expand, union

_LONGEST_EXTENSION = 5  # px
_DIRECTION_OVER = 5  # px of the line, from its end
_BAND = 3  # px beside the line
_LEAST_SHARE = 0.01  # of an instance; smaller pieces are the hand's trembling


def split(plane: Plane, line: ArrayLike) -> Correction | None:
    """Split every instance that a line cuts in two or more.

    Where the line parts an instance it becomes a boundary; what is unknown on both sides of it, up to three
    pixels, is painted, with an id for each part. A part keeps an id that is painted in it, unless a larger
    part has taken it. If the line ends inside an instance, it is extended by up to five pixels, though no
    more than it is long there, if that is enough to cross the outline.

    Parameters
    ----------
    plane
        What is painted and shown.
    line
        Vertices (N, 2), rows and columns, at least two; what lies outside the image does not count.

    Returns
    -------
    Correction or None
        None if nothing falls apart. The largest part keeps the instance's number; the line's own pixels go to
        the nearest part.

    Raises
    ------
    SketchcellError
        If the line is none, or if new ids are needed and all are in use.
    """
    path = line_pixels(as_line(line, least=2), plane.shape)
    path = _extended(_extended(path, plane)[::-1], plane)
    regions = list(instances_along(plane, path))
    if not regions:
        return None
    draft = Draft(plane, expand(union(box for box, _ in regions), MARGIN, plane.shape))
    for region in regions:
        part = draft.part(expand(region[0], MARGIN, plane.shape))
        _split_one(part, placed(region, part.window), pixels_of(path, part.window))
    return draft.correction()


def _extended(path: NDArray[np.intp], plane: Plane) -> NDArray[np.intp]:
    """Return `path` prolonged to the outline of the instance in which it ends, if that is near."""
    if len(path) < 2:
        return path
    under = plane.instances[path[:, 0], path[:, 1]]
    along = path[-1] - path[-1 - min(_DIRECTION_OVER, len(path) - 1)]
    at_edge = ((path[-1] == 0) | (path[-1] == np.asarray(plane.shape) - 1)).any()
    if under[-1] == 0 or at_edge or not along.any():
        return path
    most = min(_LONGEST_EXTENSION, int(np.count_nonzero(under == under[-1])))
    steps = np.arange(1, most + 2)[:, None] * (along / np.abs(along).max())
    further = path[-1] + np.rint(steps).astype(np.intp)
    inside = ((further >= 0) & (further < plane.shape)).all(axis=1)
    inside[inside] = plane.instances[further[inside, 0], further[inside, 1]] == under[-1]
    return path if inside.all() else np.concatenate([path, further[: int(inside.argmin())]])


def _split_one(draft: Draft, inside: NDArray[np.bool_], path: NDArray[np.intp]) -> None:
    """Split one instance, if the path cuts it."""
    line = np.zeros(inside.shape, np.bool_)
    line[path[:, 0], path[:, 1]] = True
    line &= inside
    parts, count = _parts(inside, line)
    if count < 2:
        return
    rest = inside & (parts == 0)
    _to_nearest(parts, rest)
    edge = rest & _beside_another(parts)
    draft.boundaries[edge] = True
    band = inside & grown(line & edge, _BAND) & ~draft.boundaries & (draft.labels == 0)
    taken: list[int] = []
    for number in range(1, count + 1):
        mine = parts == number
        if number > 1:
            draft.instances[mine] = next(draft.new_instances)
        taken.append(_paint_part(draft, mine, band, taken, parts > 0))


def _parts(inside: NDArray[np.bool_], line: NDArray[np.bool_]) -> tuple[NDArray[np.int32], int]:
    """Return numbers of the parts into which a line cuts an instance, the largest first, and their count.

    Parts are connected by 4-neighbours, and by diagonal ones where the line does not pass between.
    """
    pieces, count = ndimage.label(inside & ~line)
    links = []
    for first, second, beside, below in (
        (pieces[:-1, :-1], pieces[1:, 1:], line[:-1, 1:], line[1:, :-1]),
        (pieces[:-1, 1:], pieces[1:, :-1], line[:-1, :-1], line[1:, 1:]),
    ):
        linked = (first > 0) & (second > 0) & (first != second) & ~beside & ~below
        links.append(np.stack([first[linked], second[linked]]))
    ends = np.concatenate(links, axis=1)
    together = np.arange(count + 1)
    if ends.size:
        graph = coo_array((np.ones(ends.shape[1]), (ends[0], ends[1])), shape=(count + 1, count + 1))
        _, together = connected_components(graph, directed=False)
    sizes = np.bincount(together[pieces[pieces > 0]], minlength=1)
    order = np.argsort(-sizes, kind="stable")
    large = order[sizes[order] >= max(1.0, _LEAST_SHARE * np.count_nonzero(inside))]
    numbers = np.zeros(count + 1, np.int32)
    numbers[large] = np.arange(1, large.size + 1)
    parts: NDArray[np.int32] = np.where(pieces > 0, numbers[together[pieces]], 0)
    return parts, int(large.size)


def _to_nearest(parts: NDArray[np.int32], rest: NDArray[np.bool_]) -> None:
    """Give the pixels `rest` to the nearest part; parts are modified in place."""
    rim = np.argwhere((parts > 0) & grown(parts == 0))
    at = np.argwhere(rest)
    _, nearest = KDTree(rim).query(at)
    parts[at[:, 0], at[:, 1]] = parts[rim[nearest, 0], rim[nearest, 1]]


def _beside_another(parts: NDArray[np.int32]) -> NDArray[np.bool_]:
    """Return the pixels of a part with a pixel of another one among their eight neighbours."""
    flat, found = parts.ravel(), np.zeros(parts.size, np.bool_)
    for one, other in edges(parts, diagonal=True):
        both = (flat[one] > 0) & (flat[other] > 0)
        found[one[both]] = found[other[both]] = True
    return found.reshape(parts.shape)


def _paint_part(
    draft: Draft,
    mine: NDArray[np.bool_],
    band: NDArray[np.bool_],
    taken: list[int],
    inside: NDArray[np.bool_],
) -> int:
    """Paint the band in a part with an id of its own and return that."""
    labels = draft.labels[mine]
    ids, counts = np.unique(labels[labels >= FIRST_OBJECT], return_counts=True)
    own = next((int(label) for label in ids[np.argsort(-counts, kind="stable")] if label not in taken), None)
    if own is None:
        own = next(draft.new_ids)
    others = np.isin(draft.labels, taken) & (mine | overshoot(draft, mine))
    draft.labels[others] = own
    draft.labels[band & mine & ~beside_paint(draft, own, inside)] = own
    return own
