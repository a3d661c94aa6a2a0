"""The dock *Sketch & Train*: makes the parts and puts them together."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from weakref import WeakMethod

from napari.utils.theme import get_theme
from napari.viewer import Viewer
from qtpy.QtCore import QEvent, QObject, Qt
from qtpy.QtWidgets import QFrame, QScrollArea, QSizePolicy, QVBoxLayout, QWidget

from sketchcell.ui.first_look import FirstLook
from sketchcell.ui.fitting import Fitter
from sketchcell.ui.jobs import Job
from sketchcell.ui.keys import Keys
from sketchcell.ui.panels.brush_panel import BrushPanel
from sketchcell.ui.panels.image_panel import ImagePanel
from sketchcell.ui.panels.learn_panel import LearnPanel
from sketchcell.ui.panels.model_panel import ModelPanel
from sketchcell.ui.panels.result_panel import ResultPanel
from sketchcell.ui.pretrained import Fetcher
from sketchcell.ui.results import Results
from sketchcell.ui.state import State
from sketchcell.ui.taught import Taught
from sketchcell.ui.teacher import Teacher
from sketchcell.ui.warm_up import warm_up
from sketchcell.ui.workbench import Workbench

_STYLE = """
QLabel#sectionTitle {{ font-weight: bold; font-size: 8pt; letter-spacing: 1px; }}
QToolButton {{ font-size: 8pt; padding: 3px 0px; border-radius: 4px; border: 1px solid transparent; }}
QToolButton:hover {{ background: {quiet}; }}
QToolButton:checked {{ background: {quiet}; border: 1px solid {chosen}; }}
"""


class SketchDock(QWidget):
    """Paint a few strokes; a network learns while you paint, and the cells appear.

    Parameters
    ----------
    napari_viewer
        The window to work in.
    """

    def __init__(self, napari_viewer: Viewer) -> None:
        super().__init__()
        # plugins get the viewer in a proxy, whose layers are another object at each look
        self.viewer = napari_viewer = getattr(napari_viewer, "__wrapped__", napari_viewer)
        self.state = State()
        self.workbench = Workbench(napari_viewer, self.state)
        self.results = Results(napari_viewer, self.state)
        self.teacher = Teacher(napari_viewer, self.state, self.workbench, self.results)
        self.fitter = Fitter(self.state)
        self.taught = Taught(napari_viewer, self.state)
        self.keys = Keys(napari_viewer, self.workbench)

        self.image_panel = ImagePanel(napari_viewer, self.state, self.workbench)
        self.brush_panel = BrushPanel(self.state, self.workbench)
        self.learn_panel = LearnPanel(self.state)
        self.result_panel = ResultPanel(self.state, self.results, self.fitter)
        self.fetcher = Fetcher(self.state)
        self.model_panel = ModelPanel(self.state, self.fetcher)
        self.first_look = FirstLook(self.state, self.workbench, self.results)

        self._lay_out()

        self._open = True
        self._warm_up = Job(warm_up()).start()
        self._window: QObject | None = None
        napari_viewer.events.theme.connect(self._on_theme)
        self._on_theme()
        self.destroyed.connect(_Closer(self.shut_down))

    def shut_down(self) -> None:
        """Stop everything and let go of the viewer; the layers stay."""
        if not self._open:
            return
        self._open = False
        if self._window is not None:
            with suppress(RuntimeError):  # Qt has destroyed the window already
                self._window.removeEventFilter(self)
            self._window = None
        self.viewer.events.theme.disconnect(self._on_theme)
        self.teacher.close()
        Job.end_all([self._warm_up])
        self.first_look.close()
        self.fetcher.close()
        self.results.close()
        self.fitter.close()
        self.taught.close()
        self.keys.close()
        self.image_panel.shut()
        self.workbench.close()

    def event(self, event: QEvent) -> bool:
        """Follow the window that the dock is put into."""
        kind = event.type()
        if kind in (QEvent.Type.ParentChange, QEvent.Type.Show) and self._open:
            self._watch(self.window())
        elif kind == QEvent.Type.Close:
            self.shut_down()
        return bool(super().event(event))

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802
        """Stop when the window goes."""
        if watched is self._window and event.type() == QEvent.Type.Hide and not event.spontaneous():
            self.shut_down()
        return False

    def _watch(self, window: QWidget) -> None:
        if window is not self and window is not self._window:
            if self._window is not None:
                self._window.removeEventFilter(self)
            self._window = window
            window.installEventFilter(self)

    def _lay_out(self) -> None:
        inner = QWidget()
        box = QVBoxLayout(inner)
        box.setContentsMargins(0, 2, 0, 2)
        box.setSpacing(2)
        for panel in (
            self.image_panel,
            self.brush_panel,
            self.learn_panel,
            self.result_panel,
            self.model_panel,
        ):
            box.addWidget(panel)
        box.addStretch(1)
        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setWidget(inner)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(area)
        self.setMinimumWidth(330)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Expanding)

    def _on_theme(self) -> None:
        theme = get_theme(self.viewer.theme)
        self.learn_panel.curve.set_ink(theme.text.as_hex())
        self.setStyleSheet(
            _STYLE.format(
                text=theme.text.as_hex(), quiet=theme.foreground.as_hex(), chosen=theme.current.as_hex()
            )
        )


class _Closer:
    """Closes the parts when Qt destroys the dock, without keeping the dock alive."""

    def __init__(self, shut_down: Callable[[], None]) -> None:
        self._shut_down = WeakMethod(shut_down)

    def __call__(self) -> None:
        shut_down = self._shut_down()
        if shut_down is not None:
            shut_down()
