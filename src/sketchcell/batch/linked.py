"""Labels of a stack's planes, linked along one of its axes."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from typing import Any

import numpy as np

from sketchcell.errors import SketchcellError
from sketchcell.images import highest_label
from sketchcell.inference import Progress
from sketchcell.linking import linking_frames, linking_planes


def linking(
    labels: list[Any], leading: tuple[int, ...], names: Sequence[str], link: str
) -> Generator[Progress, None, tuple[list[Any], int]]:
    """Link planes in depth or time, for each step along all other axes by itself.

    Parameters
    ----------
    labels
        Planes ``(H, W)`` in the order of the leading axes. Those of a stack that is linked are read into
        memory.
    leading, names
        Length and name of each of these.
    link
        ``z``, ``t``, ``none``, or ``auto``: in depth where an axis is called z.

    Returns
    -------
    The planes, and how many cells there are.

    Raises
    ------
    SketchcellError
        If there is no such axis.
    """
    axis = _axis(names, link)
    if axis is None:
        return labels, sum(highest_label(plane) for plane in labels)
    stack = np.stack([np.asarray(plane) for plane in labels]).reshape(*leading, *labels[0].shape)
    last = np.moveaxis(stack, axis, len(leading) - 1)
    cells = 0
    for index in np.ndindex(*last.shape[:-3]):
        if link == "t":
            last[index] = (yield from linking_frames(last[index])).labels
        else:
            last[index] = yield from linking_planes(last[index])
        cells += int(last[index].max(initial=0))
    return list(stack.reshape(-1, *labels[0].shape)), cells


def _axis(names: Sequence[str], link: str) -> int | None:
    if link == "none" or not names:
        return None
    wanted = "z" if link == "auto" else link
    if wanted in names:
        return list(names).index(wanted)
    if link == "auto":
        return None
    if len(names) == 1 and names[0] not in ("z", "t"):
        return 0  # the file does not say what its only axis is, the person does
    raise SketchcellError(
        f"There is no axis '{link}' to link planes along; the image has {', '.join(names)}, y, x."
    )
