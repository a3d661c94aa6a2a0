"""Models to folders, and from folders and packages."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from sketchcell.errors import SketchcellError
from sketchcell.model import Model, load_model
from sketchcell.ui.notify import inform
from sketchcell.ui.params import with_thresholds
from sketchcell.ui.state import State


def as_set(model: Model, thresholds: Any) -> Model:
    """Return the model with other thresholds; the weights are the same ones."""
    params = with_thresholds(model.config.params, thresholds)
    return Model(replace(model.config, params=params), model.network)


def save(state: State, folder: Path) -> None:
    """Save the newest model with the thresholds that are set now.

    Raises
    ------
    SketchcellError
        When there is no model, or it cannot be written.
    """
    if state.model is None:
        raise SketchcellError("There is no model yet: switch on 'Learn while I paint' first.")
    as_set(state.model, state.params).save(folder)
    inform(f"The model is saved in '{folder}'.")


def load(state: State, path: Path) -> None:
    """Take up a model, a folder or a package of ours: it segments, and learning goes on from it.

    Raises
    ------
    SketchcellError
        When it is not a model, or damaged.
    """
    if state.learn:
        raise SketchcellError("Stop learning before loading another model.")
    take_up(state, load_model(path), path.name)


def take_up(state: State, model: Model, name: str) -> None:
    """Work with a model from now on."""
    state.family, state.network = model.config.family, model.config.network
    state.params = model.config.params
    state.model = model
    state.message = f"The model '{name}' is loaded. Segment with it, or switch on to go on learning."
