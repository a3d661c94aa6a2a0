"""Libraries that only some formats need."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sketchcell.errors import SketchcellError


@contextmanager
def needing(library: str, what: str) -> Iterator[None]:
    """Say what to install where an import fails.

    Raises
    ------
    SketchcellError
        In place of the import error.
    """
    try:
        yield
    except ImportError as error:
        raise SketchcellError(
            f'{what} need the library {library}: install it with `pip install "napari-sketchcell[export]"`.'
        ) from error
