"""The tour of the dock: a minute, from an image to cells that are kept."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from qtpy.QtWidgets import QWidget

from sketchcell.ui.shortcuts import key_of
from sketchcell.ui.state import State
from sketchcell.ui.stroke_count import StrokeCount
from sketchcell.ui.tour import TourStep

Where = Callable[[], QWidget | None]


def tour_steps(state: State, strokes: StrokeCount, where: Mapping[str, Where]) -> tuple[TourStep, ...]:
    """Return the steps.

    Parameters
    ----------
    state
        The dock's.
    strokes
        Counts what a person paints, from now on.
    where
        Returns the widget for each of the words ``image``, ``cell``, ``background``, ``learn``, ``canvas``
        and ``whole``.
    """
    cell, background = key_of("object"), key_of("background")
    return (
        TourStep(
            "Your image",
            "All work begins with an image. Drag one into the window, or take a sample: File › Open Sample.",
            "Choose an image here, or go on with this one.",
            where["image"],
            lambda: float(state.image is not None),
        ),
        TourStep(
            "Paint in some cells",
            "A few strokes teach more than you would think. Stay inside the cell; you need not fill it.",
            f"Press {cell} and paint a stroke inside a cell.",
            where["cell"],
            lambda: float(strokes.cells),
        ),
        TourStep(
            "Paint some background",
            "What is not painted is unknown, not background. Strokes close to cells teach most.",
            f"Press {background} and paint between cells.",
            where["background"],
            lambda: float(strokes.background),
        ),
        TourStep(
            "Switch learning on",
            "A network learns from your strokes while you go on painting. It can be stopped at any time.",
            "Switch it on.",
            where["learn"],
            lambda: float(state.learn),
        ),
        TourStep(
            "Watch the cells appear",
            "What you look at is segmented first, again and again. The first cells take some seconds.",
            "Zoom with the mouse wheel, and wait for cells.",
            where["canvas"],
            lambda: float(state.found is not None and state.found.count > 0),
        ),
        TourStep(
            "Correct what is wrong",
            "Paint where it errs: background on what is no cell, a cell where one was missed. It follows.",
            "Paint one stroke where you would correct it.",
            where["canvas"],
            lambda: float(strokes.cells + strokes.background),
        ),
        TourStep(
            "The whole image, and keep it",
            "When you like what you see, segment the whole image. Save the model for other images.",
            f"Press the button, or {key_of('help')} for all keys.",
            where["whole"],
            lambda: float(state.found is not None and state.found.whole),
        ),
    )
