"""Errors, told to the person in front of the screen."""

from __future__ import annotations

from napari.utils.notifications import show_info, show_warning

from sketchcell.errors import SketchcellError


def inform(text: str) -> None:
    """Show good news."""
    show_info(text)


def tell(error: Exception) -> None:
    """Show what a person can mend in a sentence; anything else is a fault of the program and is raised."""
    if not isinstance(error, SketchcellError):
        raise error
    show_warning(str(error))
