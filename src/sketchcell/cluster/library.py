"""Dask's libraries, which are optional and imported when they are needed."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from sketchcell.errors import SketchcellError


def library(name: str) -> Any:
    """Return ``distributed`` or ``dask_jobqueue``.

    Raises
    ------
    SketchcellError
        When it is not installed.
    """
    try:
        return import_module(name)
    except ImportError as error:
        raise SketchcellError(
            f'Work on a cluster needs {name}; install it with pip install "napari-sketchcell[cluster]".'
        ) from error
