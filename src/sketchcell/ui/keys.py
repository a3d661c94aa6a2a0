"""Keys for painting: one row of the keyboard, under the hand that does not hold the mouse."""

from __future__ import annotations

from napari.components import ViewerModel

from sketchcell.ui.notify import tell
from sketchcell.ui.state import Tool
from sketchcell.ui.workbench import Workbench

KEYS = {
    "Q": Tool.BACKGROUND,
    "W": Tool.OBJECT,
    "E": Tool.ERASER,
    "R": Tool.NEXT_OBJECT,
    "T": Tool.BOUNDARY,
}
"""None of them means anything to napari's image and labels layers but E, which is its eraser, too."""


class Keys:
    """Binds the keys in a viewer while it lives.

    Parameters
    ----------
    viewer
        napari's.
    workbench
        Which switches tools.
    """

    def __init__(self, viewer: ViewerModel, workbench: Workbench) -> None:
        self._viewer = viewer
        for key, tool in KEYS.items():
            viewer.bind_key(key, _switch(workbench, tool), overwrite=True)

    def close(self) -> None:
        """Give the keys back."""
        for key in KEYS:
            self._viewer.bind_key(key, None)


def _switch(workbench: Workbench, tool: Tool) -> object:
    def use(_viewer: ViewerModel) -> None:
        try:
            workbench.use(tool)
        except Exception as error:
            tell(error)

    use.__doc__ = f"Paint: {tool.value}."
    return use
