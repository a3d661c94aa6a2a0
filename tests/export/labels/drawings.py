"""Label images that are hard to write down."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

_SIDES = npst.array_shapes(min_dims=2, max_dims=2, min_side=1, max_side=9)
_IDS = st.sampled_from([0, 0, 1, 1, 2, 70_000])

#: Small planes full of holes, single pixels, contacts at corners, cells in several pieces and at the border.
planes = npst.arrays(np.int32, _SIDES, elements=_IDS)


def stacks(shape: tuple[int, ...]) -> np.ndarray:
    """A stack of planes with random cells, ids above 65,535 among them."""
    random = np.random.default_rng(sum(shape))
    return random.choice(np.array([0, 0, 1, 2, 5, 70_000], np.int32), shape)


def packed(count: int = 70_000) -> np.ndarray:
    """More cells than 16 bits can count: single pixels, each beside the next one."""
    side = int(np.ceil(np.sqrt(count)))
    return np.arange(side * side, dtype=np.int32).reshape(side, side)


#: A ring with a dot in it, the dot of another cell; a cell in two pieces; two pixels that meet at a corner.
HARD = np.array(
    [
        [1, 1, 1, 1, 1, 0, 3],
        [1, 0, 0, 0, 1, 0, 0],
        [1, 0, 2, 0, 1, 3, 3],
        [1, 0, 0, 1, 1, 0, 0],
        [1, 1, 1, 0, 0, 4, 0],
        [1, 1, 1, 1, 4, 0, 4],
    ],
    np.int32,
)
