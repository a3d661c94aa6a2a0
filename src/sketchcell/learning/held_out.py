"""Places whose strokes are kept back from learning, to judge by."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sketchcell.sketch import Window

_BLOCK = 40  # pixels of the working scale: about two cells
_PERIOD = 61  # blocks after which the pattern repeats


class HeldOut:
    """A fixed random pattern of square blocks: what is painted there is held out, now and later.

    Whether a pixel is held out depends on its place alone, so that nothing has to be kept with the strokes,
    and a stroke that is painted later joins the side it falls on.

    Parameters
    ----------
    share
        Of the blocks.
    seed
        Of the pattern.
    """

    def __init__(self, share: float, seed: int) -> None:
        random = np.random.default_rng((seed, 9176))
        self._pattern = random.random((_PERIOD, _PERIOD)) < share

    def mask(self, number: int, window: Window) -> NDArray[np.bool_]:
        """Return what is held out in a window of an image, bool, of the window's shape.

        Parameters
        ----------
        number
            Of the image: each has another part of the pattern.
        window
            In pixels of the working scale.
        """
        rows, columns = (np.arange(span.start, span.stop) // _BLOCK for span in window)
        mask: NDArray[np.bool_] = self._pattern[
            np.ix_((rows + 17 * number) % _PERIOD, (columns + 29 * number) % _PERIOD)
        ]
        return mask
