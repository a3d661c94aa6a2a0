"""The models of a project: numbered folders, the newest counts."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sketchcell.model import Model

_FOLDER = "models"


def save_next(folder: Path, model: Model) -> Path:
    """Write a model into the project at `folder`; return where it is.

    Raises
    ------
    SketchcellError
        If it cannot be written.
    """
    from sketchcell.model import save_model  # torch is not needed to paint

    path = folder / _FOLDER / f"{max(_numbers(folder), default=0) + 1:04d}"
    save_model(model, path)
    return path


def load_newest(folder: Path, device: str) -> Model | None:
    """Return the newest model of the project at `folder`, None if it has none.

    Raises
    ------
    SketchcellError
        If it is damaged.
    """
    from sketchcell.model import load_model

    numbers = _numbers(folder)
    return load_model(folder / _FOLDER / f"{max(numbers):04d}", device) if numbers else None


def _numbers(folder: Path) -> list[int]:
    return [int(path.name) for path in (folder / _FOLDER).glob("[0-9]*") if path.name.isdecimal()]
