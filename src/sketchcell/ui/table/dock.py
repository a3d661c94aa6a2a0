"""The dock *Cells*: puts list, plots and image together."""

from __future__ import annotations

from napari.utils.theme import get_theme
from qtpy.QtCore import QEvent, QSize, Qt
from qtpy.QtWidgets import QHBoxLayout, QSplitter, QWidget

from sketchcell.errors import SketchcellError
from sketchcell.ui.dock import SketchDock
from sketchcell.ui.notify import tell
from sketchcell.ui.table.list_panel import ListPanel
from sketchcell.ui.table.outlines import Outlines
from sketchcell.ui.table.plot_panel import PlotPanel
from sketchcell.ui.table.pointer import Pointer
from sketchcell.ui.table.tinting import Tinting
from sketchcell.ui.theme import style_sheet

NAME = "Cells (sketchcell)"


class TableDock(QWidget):
    """A table of the cells that are shown, with plots; goes when the dock that finds the cells goes.

    Parameters
    ----------
    dock
        That finds them.
    """

    def __init__(self, dock: SketchDock) -> None:
        super().__init__()
        self._dock, self.viewer = dock, dock.viewer
        self.measurer = dock.measurer
        self.table = table = dock.measurer.table
        self.pointer = Pointer(dock.viewer, dock.state, table)
        self.outlines = Outlines(dock.viewer, dock.state, table)
        self.tinting = Tinting(dock.state, table)
        self.list_panel = ListPanel(dock.state, dock.exporter, dock.measurer)
        self.plot_panel = PlotPanel(dock.state, table)
        self._lay_out()
        self.list_panel.view.went.connect(self.pointer.go)
        self.plot_panel.scatter.picked.connect(self._on_point)
        self._open = True
        dock.closing.connect(self.shut_down)
        dock.viewer.events.theme.connect(self._on_theme)
        self._on_theme()
        dock.workbench.put_away()  # a click selects a cell now, rather than painting on it
        self.measurer.look(True)

    def measure(self) -> None:
        """Measure the cells that are shown; what is missing for that is told."""
        try:
            self.measurer.measure()
        except SketchcellError as error:
            tell(error)

    def shut_down(self) -> None:
        """Let go of image and cells."""
        if not self._open:
            return
        self._open = False
        self._dock.closing.disconnect(self.shut_down)
        self.viewer.events.theme.disconnect(self._on_theme)
        self.pointer.close()
        self.list_panel.close_down()
        self.plot_panel.close_down()
        self.tinting.close()
        self.outlines.close()
        self.measurer.look(False)

    def event(self, event: QEvent) -> bool:
        """Stop when the dock is closed, which napari does by taking it out of the window."""
        kind = event.type()
        if kind == QEvent.Type.ParentChange and self.parent() is None:
            self.shut_down()
            self.deleteLater()
        elif kind == QEvent.Type.Close:
            self.shut_down()
        return bool(super().event(event))

    def sizeHint(self) -> QSize:  # noqa: N802
        """Return a size that shows a few rows and a plot."""
        return QSize(800, 310)

    def _on_point(self, row: int) -> None:
        self.pointer.go(row)

    def _lay_out(self) -> None:
        parts = QSplitter(Qt.Orientation.Horizontal)
        parts.setChildrenCollapsible(False)
        parts.addWidget(self.list_panel)
        parts.addWidget(self.plot_panel)
        parts.setStretchFactor(0, 3)
        parts.setStretchFactor(1, 2)
        box = QHBoxLayout(self)
        box.setContentsMargins(8, 4, 8, 4)
        box.addWidget(parts)
        self.plot_panel.setMinimumWidth(290)
        self.setMinimumHeight(240)

    def _on_theme(self) -> None:
        theme = get_theme(self.viewer.theme)
        self.plot_panel.set_ink(theme.text.as_hex())
        self.setStyleSheet(style_sheet(theme))
