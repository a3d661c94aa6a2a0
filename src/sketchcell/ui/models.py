"""Models to and from folders."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from napari.utils.notifications import show_info

from sketchcell.errors import SketchcellError
from sketchcell.model import Model, load_model
from sketchcell.ui.state import State


def save(state: State, folder: Path) -> None:
    """Save the newest model with the thresholds that are set now.

    Raises
    ------
    SketchcellError
        When there is no model, or it cannot be written.
    """
    if state.model is None:
        raise SketchcellError("There is no model yet: switch on 'Learn while I paint' first.")
    Model(replace(state.model.config, params=state.params), state.model.network).save(folder)
    show_info(f"The model is saved in '{folder}'.")


def load(state: State, folder: Path) -> None:
    """Take up a model: it segments, and learning goes on from it.

    Raises
    ------
    SketchcellError
        When the folder is not a model, or damaged.
    """
    if state.learn:
        raise SketchcellError("Stop learning before loading another model.")
    model = load_model(folder)
    state.model = model
    state.family, state.network = model.config.family, model.config.network
    state.params = model.config.params
    state.message = f"The model '{folder.name}' is loaded. Segment with it, or switch on to go on learning."
