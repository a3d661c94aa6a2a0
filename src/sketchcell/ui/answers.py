"""What a model says about a window of the image, made ready for the layers outside the window's thread."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sketchcell.inference import Maps
from sketchcell.model import Model
from sketchcell.sketch import Window
from sketchcell.ui.identity import keep_ids
from sketchcell.ui.params import with_thresholds
from sketchcell.ui.pictures import Picture, picture
from sketchcell.ui.spot import Spot


@dataclass(frozen=True, eq=False)
class Source:
    """The kept maps of a window of a plane: other thresholds need no other inference."""

    model: Model
    maps: Maps
    spot: Spot
    window: Window
    whole: bool


@dataclass(frozen=True, eq=False)
class Answer:
    """What is to be shown.

    Attributes
    ----------
    source
        Where it comes from.
    params
        Their thresholds it was decoded with; the rest is as the model learned.
    labels
        Of the window, numbered as the cells that were shown there before.
    count
        Of cells in the window.
    raw
        The maps at the image's size by name; empty unless they are shown.
    """

    source: Source
    params: Any
    labels: NDArray[np.int32]
    count: int
    raw: dict[str, Picture]


def answer(source: Source, params: Any, shown: NDArray[np.int32], with_raw: bool) -> Answer:
    """Decode kept maps; `shown` is the whole of what is shown of the plane now."""
    labels = source.model.decode(source.maps, with_thresholds(source.model.config.params, params))
    labels, count = keep_ids(labels, shown[source.window], int(shown.max(initial=0)))
    names = source.maps.channels if with_raw else ()
    raw = {name: picture(source.maps.at_image_size(name)) for name in names}
    return Answer(source, params, labels, count, raw)
