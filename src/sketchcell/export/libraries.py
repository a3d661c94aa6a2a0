"""Libraries that only exports need: imported when they are used, and their warnings kept from people."""

from __future__ import annotations

import contextlib
import io
import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import Any

from sketchcell.errors import SketchcellError


def require(name: str, what: str) -> Any:
    """Import a module.

    Parameters
    ----------
    name
        Of the module.
    what
        That it is needed for, for the error.

    Raises
    ------
    SketchcellError
        When it is not installed.
    """
    try:
        with quiet():
            return import_module(name)
    except ImportError as error:
        raise SketchcellError(
            f"{what[0].upper()}{what[1:]} needs the library '{name.split('.')[0]}', which is not installed: "
            'pip install "napari-sketchcell[export]".'
        ) from error


@contextmanager
def quiet() -> Iterator[None]:
    """Keep what libraries say to their developers from those who export a model."""
    before = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(before)
