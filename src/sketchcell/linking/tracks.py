"""Label planes of a movie: ids kept from frame to frame."""

from __future__ import annotations

from collections.abc import Generator, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sketchcell.inference import Progress
from sketchcell.linking.depth import check_linking
from sketchcell.linking.knots import link_neighbours
from sketchcell.linking.links import chains, close_gaps
from sketchcell.linking.objects import Objects, collecting, renumbering

if TYPE_CHECKING:
    import pandas

_ALIKE = 0.4  # IoU of an object before and after frames in which it is missing


@dataclass(frozen=True, eq=False)
class Tracks:
    """Objects followed through a movie.

    Attributes
    ----------
    labels
        int32 ``(T, H, W)``: each pixel's track, counted from 1; 0 background.
    table
        One row for each track and frame: ``track``, ``frame`` (from 0), ``y`` and ``x`` (centre of mass, in
        pixels), ``area`` (pixels); sorted by track and frame.
    parents
        For each track that began by a division, the track that divided, and ended there.
    """

    labels: NDArray[np.int32]
    table: pandas.DataFrame
    parents: dict[int, int]


def linking_frames(
    frames: Iterable[ArrayLike], *, share: float = 0.3, gap: int = 1, divisions: bool = False
) -> Generator[Progress, None, Tracks]:
    """Keep the ids of objects from frame to frame of a movie.

    Objects of successive frames can be the same if the smaller one lies over the larger one with at least
    `share` of its pixels. As many as possible are linked, among all ways to do so with the largest sum of
    intersections over unions (linear assignment, by laptrack where objects compete). An object that moves
    by more than its size between frames is not followed.

    Parameters
    ----------
    frames
        Instance labels ``(T, H, W)``, or frames ``(H, W)`` one after the other; whole numbers, 0 background.
        A lazy array is read frame by frame, each once.
    share
        In (0, 1].
    gap
        Frames in a row in which an object may be missing and keep its id, if it lies before and after with
        an intersection over union of at least 0.4.
    divisions
        Whether an object may become two. Both then begin new tracks, whose parent it is. Each must lie at
        least half inside the dividing object. Leave it off where nothing divides: what is
        cut in two by mistake would divide.

    Yields
    ------
    Progress
        After each frame read, then after each frame renumbered.

    Returns
    -------
    Tracks
        Numbered from 1 without gaps, in the order in which they begin. The same every time.

    Raises
    ------
    SketchcellError
        If there is no frame, the frames differ in size or hold no labels, or a parameter is out of range.
    """
    check_linking(share, gap)
    objects = yield from collecting(frames, gap + 1, share)
    count = objects.plane.size
    near = objects.pairs.distance == 1
    links, births = link_neighbours(objects.pairs.where(near), objects.plane, divisions)
    far = objects.pairs.where(~near & (objects.pairs.iou >= _ALIKE))
    mothers, daughters = births.T
    far = far.where(~np.isin(far.first, mothers) & ~np.isin(far.second, daughters))
    track = chains(close_gaps(links, far, count), count) + 1
    labels = yield from renumbering(objects.planes, track.astype(np.int32))
    parents = dict(zip(track[daughters].tolist(), track[mothers].tolist(), strict=True))
    return Tracks(labels, _table(objects, track), parents)


def _table(objects: Objects, track: NDArray[np.int64]) -> pandas.DataFrame:
    # Slow to import.
    import pandas

    y, x = objects.centre.T
    columns = {"track": track, "frame": objects.plane, "y": y, "x": x, "area": objects.area}
    return pandas.DataFrame(columns).sort_values(["track", "frame"], ignore_index=True)
