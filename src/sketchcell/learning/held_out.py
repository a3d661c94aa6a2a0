"""Places whose strokes are kept back from learning, to judge by."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sketchcell.learning.example import Example
from sketchcell.learning.settings import FitSettings
from sketchcell.sketch import BACKGROUND, Window

_BLOCK = 40  # pixels of the working scale: about two cells
_PERIOD = 61  # blocks after which the pattern repeats
_FEWEST = 24  # painted objects, from which some are held out
_LIVE_SHARE = 0.18
_LIVE_FEWEST = 16
_PATTERNS = 8  # that are tried, where a fair one is wanted
_FEWEST_HELD = 3  # objects: fewer say next to nothing
_SEED_STEP = 104_729


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
        rows, columns = (np.arange(span.start, span.stop) for span in window)
        return self.at(number, rows[:, None], columns)

    def at(self, number: int, rows: NDArray[np.integer], columns: NDArray[np.integer]) -> NDArray[np.bool_]:
        """Return whether pixels of an image are held out, bool, of the shape that rows and columns give."""
        held: NDArray[np.bool_] = self._pattern[
            (rows // _BLOCK + 17 * number) % _PERIOD, (columns // _BLOCK + 29 * number) % _PERIOD
        ]
        return held


@dataclass(frozen=True)
class Reserve:
    """How much of what is painted is held out, from when and for how long.

    Attributes
    ----------
    share
        Of the places; 0: nothing.
    fewest
        Painted objects, from which something is held out.
    until
        Share of the run after which all is learned from; 1: nothing that is held out ever is.
    fair
        Whether that share of what is painted so far is held out, not only of all places, and only while
        objects and background are on both sides.
    """

    share: float
    fewest: int
    until: float
    fair: bool = False

    def begin(self, examples: Iterable[Example], seed: int) -> HeldOut | None:
        """Return what is held out of painted examples from now on; None if there is too little paint."""
        examples = list(examples)
        if not self.share or sum(len(example.sketch.objects) for example in examples) < self.fewest:
            return None
        if not self.fair:
            return HeldOut(self.share, seed)
        patterns = [HeldOut(self.share, seed + _SEED_STEP * number) for number in range(_PATTERNS)]
        parted = [(Parted.by(pattern, examples), pattern) for pattern in patterns]
        fair = [(abs(parts.share - self.share), pattern) for parts, pattern in parted if parts.fair]
        return min(fair, key=lambda one: one[0])[1] if fair else None

    def holds(self, held_out: HeldOut, examples: Iterable[Example]) -> bool:
        """Tell whether what is held out may stay so, now that other strokes are there."""
        return not self.fair or Parted.by(held_out, examples).fair


def usual_reserve(settings: FitSettings) -> Reserve:
    """Return what the settings say about holding out: nothing in a run without an end."""
    if settings.patience is not None:
        return Reserve(settings.hold_out, _FEWEST, 1.0)
    endless = settings.steps is None and settings.seconds is None
    return Reserve(settings.hold_out, _FEWEST, 0.0 if endless else settings.hold_out_until)


def live_reserve(settings: FitSettings) -> Reserve:
    """Return what is held out, to the end, while somebody paints; nothing if the settings say so."""
    return Reserve(min(settings.hold_out, _LIVE_SHARE), _LIVE_FEWEST, 1.0, fair=True)


@dataclass(frozen=True)
class Parted:
    """What is painted on both sides: learned from, held out.

    Attributes
    ----------
    objects
        Painted objects, each on the side where its middle lies.
    background
        Whether background is painted.
    """

    objects: tuple[int, int]
    background: tuple[bool, bool]

    @property
    def share(self) -> float:
        """Of the objects that is held out."""
        return self.objects[1] / max(sum(self.objects), 1)

    @property
    def fair(self) -> bool:
        """Whether there is something to learn from, and something to judge by."""
        learned, held = self.objects
        return learned > held >= _FEWEST_HELD and all(self.background)

    @classmethod
    def by(cls, held_out: HeldOut, examples: Iterable[Example]) -> Parted:
        """Part painted examples."""
        objects, background = [0, 0], [False, False]
        for example in examples:
            sketch = example.sketch
            boxes = [one.box for one in sketch.objects]
            middles = np.array([[(span.start + span.stop) // 2 for span in box] for box in boxes], np.int64)
            rows, columns = middles.reshape(-1, 2).T
            held = int(np.count_nonzero(held_out.at(example.number, rows, columns)))
            objects[0] += len(boxes) - held
            objects[1] += held
            if not all(background):
                painted = np.nonzero(sketch.labels == BACKGROUND)
                sides = held_out.at(example.number, *painted)
                background[0] |= not sides.all()
                background[1] |= bool(sides.any())
        return cls((objects[0], objects[1]), (background[0], background[1]))
