"""The dock *Sketch & Train*: makes the parts and puts them together."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from functools import partial
from weakref import WeakMethod

from napari.layers import Image
from napari.utils.theme import get_theme
from napari.viewer import Viewer
from psygnal import Signal
from qtpy.QtCore import QEvent, QObject, Qt
from qtpy.QtWidgets import QFrame, QScrollArea, QSizePolicy, QVBoxLayout, QWidget

from sketchcell.errors import SketchcellError
from sketchcell.ui.activities import Activities
from sketchcell.ui.advice import Advice
from sketchcell.ui.batch import Batch
from sketchcell.ui.cell_colors import CellColors
from sketchcell.ui.corrections import Corrections
from sketchcell.ui.doubt import Doubt
from sketchcell.ui.exporting import Exporter
from sketchcell.ui.exports import Exports
from sketchcell.ui.first_look import FirstLook
from sketchcell.ui.fitting import Fitter
from sketchcell.ui.guard import Guard
from sketchcell.ui.importing import Importer
from sketchcell.ui.jobs import Job
from sketchcell.ui.keeper import Keeper
from sketchcell.ui.keys import Keys
from sketchcell.ui.known import KnownOverlay
from sketchcell.ui.large_image import LargeImage
from sketchcell.ui.line_preview import LinePreview
from sketchcell.ui.model_reader import Drops
from sketchcell.ui.notify import tell
from sketchcell.ui.panels.brush_panel import BrushPanel
from sketchcell.ui.panels.help_panel import HelpPanel
from sketchcell.ui.panels.hint_panel import HintPanel
from sketchcell.ui.panels.image_panel import ImagePanel
from sketchcell.ui.panels.learn_panel import LearnPanel
from sketchcell.ui.panels.model_panel import ModelPanel
from sketchcell.ui.panels.project_panel import ProjectPanel
from sketchcell.ui.panels.result_panel import ResultPanel
from sketchcell.ui.panels.step import Step
from sketchcell.ui.panels.step_notes import StepNotes
from sketchcell.ui.plugins_menu import show_under_plugins
from sketchcell.ui.pretrained import Fetcher
from sketchcell.ui.projects import Projects
from sketchcell.ui.recovery import Recovery
from sketchcell.ui.region import RegionLayer
from sketchcell.ui.remembered import Remembered
from sketchcell.ui.results import Results
from sketchcell.ui.scribe import Scribe
from sketchcell.ui.settings import Settings
from sketchcell.ui.spot import Painted
from sketchcell.ui.state import State, Tool
from sketchcell.ui.table.measurer import Measurer
from sketchcell.ui.taught import Taught
from sketchcell.ui.teacher import Teacher
from sketchcell.ui.theme import style_sheet
from sketchcell.ui.thumbnails import Thumbnails
from sketchcell.ui.warm_up import warm_up
from sketchcell.ui.workbench import Workbench

_STEPS = (
    ("Image", "Which image to work on, and the project it belongs to"),
    ("Sketch", "Paint a few strokes, and correct what the network finds"),
    ("Learn", "Let a network learn from your strokes while you paint"),
    ("Result", "The cells that were found, and the model that finds them"),
)


class SketchDock(QWidget):
    """Paint a few strokes; a network learns while you paint, and the cells appear.

    Parameters
    ----------
    napari_viewer
        The window to work in.
    """

    closing = Signal()
    """Everything is about to stop."""

    def __init__(self, napari_viewer: Viewer) -> None:
        super().__init__()
        # plugins get the viewer in a proxy, whose layers are another object at each look
        self.viewer = napari_viewer = getattr(napari_viewer, "__wrapped__", napari_viewer)
        self.settings = Settings()
        self.state = State()
        self.remembered = Remembered(self.state, self.settings)
        self.projects = Projects(napari_viewer, self.state)
        self.scribe = Scribe(napari_viewer)
        self.workbench = Workbench(napari_viewer, self.state, self.scribe, self.projects)
        self.guard = Guard(self.state, self.workbench, self.scribe)
        reading = self.projects.reading
        self.results = Results(napari_viewer, self.state, reading)
        self.teacher = Teacher(napari_viewer, self.state, self.workbench, self.scribe, reading, self.results)
        self.large_image = LargeImage(napari_viewer, self.state)
        self.fitter = Fitter(self.state, self.scribe, reading)
        self.taught = Taught(napari_viewer, self.state, self.scribe)
        self.known = KnownOverlay(napari_viewer, self.state, self.scribe)
        self.recovery = Recovery(self.state, self.projects, self.scribe)
        self.thumbnails = Thumbnails(self.projects)
        self.preview = LinePreview(napari_viewer.window._qt_viewer.canvas.native)
        self.corrections = Corrections(
            napari_viewer, self.state, self.workbench, self.scribe, self.results, self.preview
        )
        self.doubt = Doubt(napari_viewer, self.state, self.scribe, reading, self.results)
        self.colors = CellColors(self.state)
        self.keeper = Keeper(self.state, self.projects, self.results)
        self.region = RegionLayer(napari_viewer, self.state)
        self.fetcher = Fetcher(self.state)
        self.importer = Importer(napari_viewer, self.state, self.workbench, self.scribe)
        self.advice = Advice(self.state, self.scribe)
        self.exporter = Exporter(self.state, reading)
        self.exports = Exports(self.state, reading)
        self.measurer = Measurer(self.state, reading, self.results)
        self.batch = Batch(self.state)
        self.activities = Activities(
            self.state,
            {
                "progress": self._cancel_whole,
                "fetching": self.fetcher.cancel,
                "opening": self.projects.opening.cancel,
                "importing": self.importer.cancel,
                "batch": self.batch.cancel,
                "exporting": self.exports.cancel,
                "measuring": self.measurer.cancel,
            },
        )
        self.keys = Keys(napari_viewer, self.state, self._actions())

        self.image_panel = ImagePanel(napari_viewer, self.state, self.workbench)
        self.project_panel = ProjectPanel(self.state, self.projects, self.recovery, self.thumbnails)
        self.brush_panel = BrushPanel(
            self.state, self.workbench, self.corrections, self.scribe, self.importer
        )
        self.hint_panel = HintPanel(self.state, self.doubt)
        self.learn_panel = LearnPanel(self.state, self.teacher)
        self.result_panel = ResultPanel(
            self.state, self.results, self.large_image, self.fitter, self._show_table
        )
        self.model_panel = ModelPanel(self.state, self.fetcher)
        self.first_look = FirstLook(self.state, self.workbench, self.results)

        self.help_panel = HelpPanel(self.settings, self._show_tour, get_theme(napari_viewer.theme))
        self._lay_out()
        self.notes = StepNotes(self.state, self.steps)
        self.scribe.elsewhere.connect(self.projects.opening.go)
        self.projects.leaving.connect(self._on_leaving)
        self.projects.opening.ready.connect(self._on_image_ready)
        self.scribe.painted.connect(self._on_painted)
        self._drops = Drops(self, napari_viewer)

        show_under_plugins()

        self._open = True
        self._warm_up = Job(warm_up()).start()
        self._window: QObject | None = None
        napari_viewer.events.theme.connect(self._on_theme)
        self._on_theme()
        self.destroyed.connect(_Closer(self.shut_down))

    def _actions(self) -> dict[str, Callable[[], object]]:
        """Return what the shortcuts do, by their names."""
        actions: dict[str, Callable[[], object]] = {
            tool.value.replace(" ", "_"): partial(self.workbench.use, tool) for tool in Tool
        }
        return actions | {
            "accept": self.corrections.accept,
            "reject": self.corrections.reject,
            "accept_all": self.corrections.accept_visible,
            "learn": self.teacher.switch,
            "next_hint": self.doubt.next,
            "undo": self.scribe.undo,
            "redo": self.scribe.redo,
            "next_image": lambda: self.projects.step(1),
            "previous_image": lambda: self.projects.step(-1),
            "hide": self.workbench.hide,
        }

    def _cancel_whole(self) -> None:
        self.results.cancel()
        self.large_image.cancel()

    def _show_tour(self) -> None:
        from sketchcell.ui.commands import start_tour  # which opens docks

        start_tour(self, self.settings)

    def _show_table(self) -> None:
        from sketchcell.ui.commands import open_table  # which opens docks

        open_table(self)

    def _on_painted(self, painted: Painted) -> None:
        self.projects.touched(painted.spot.entry)

    def _on_leaving(self) -> None:
        """Put the image away while its project is still there to write the last stroke down."""
        self.workbench.choose(None)
        self.keeper.settle()
        self.workbench.clear()

    def _on_image_ready(self, image: Image, replaced: bool) -> None:
        """Work on an image that the project has opened."""
        try:
            if replaced and image is self.state.image:
                self.workbench.renew()
            else:
                self.workbench.choose(image, go_on=True)
            if self.state.layers is None:
                self.workbench.prepare()
        except SketchcellError as error:
            tell(error)
        self.first_look.look()

    def shut_down(self) -> None:
        """Stop everything and let go of the viewer; the layers stay."""
        if not self._open:
            return
        self._open = False
        self.closing.emit()
        if self._window is not None:
            with suppress(RuntimeError):  # Qt has destroyed the window already
                self._window.removeEventFilter(self)
            self._window = None
        self.viewer.events.theme.disconnect(self._on_theme)
        self.measurer.close()
        self.activities.close()
        self.importer.close()
        self.advice.close()
        self.large_image.close()
        self.batch.close()
        self.exporter.close()
        self.exports.close()
        self.teacher.close()
        Job.end_all([self._warm_up])
        self.keeper.close()
        self.first_look.close()
        self.fetcher.close()
        self.results.close()
        self.fitter.close()
        self.taught.close()
        self.known.close()
        self.doubt.close()
        self.region.close()
        self.thumbnails.close()
        self.keys.close()
        self.corrections.close()
        with suppress(RuntimeError):  # the canvas is gone, and this with it
            self.preview.deleteLater()
        self.image_panel.shut()
        self.guard.close()
        self.workbench.close()
        self.projects.close()
        self.settings.close()

    def event(self, event: QEvent) -> bool:
        """Follow the window that the dock is put into."""
        kind = event.type()
        if kind == QEvent.Type.ParentChange and self._window is not None and self.parent() is None:
            self.shut_down()  # the cross in the title: napari takes the dock out, and closes nothing
            self.deleteLater()
        elif kind in (QEvent.Type.ParentChange, QEvent.Type.Show) and self._open:
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
        panels = (
            (self.image_panel, self.project_panel),
            (self.brush_panel, self.hint_panel),
            (self.learn_panel,),
            (self.result_panel, self.model_panel),
        )
        box.addWidget(self.help_panel)
        folded = self.settings.choices.collapsed
        self.steps = []
        for number, ((title, tip), parts) in enumerate(zip(_STEPS, panels, strict=True), start=1):
            step = Step(
                number,
                title,
                tip,
                collapsed=title in folded,
                on_collapsed=partial(self.settings.fold, title),
            )
            for part in parts:
                step.add(part)
            self.steps.append(step)
            box.addWidget(step)
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
        self.result_panel.sizes.set_ink(theme.text.as_hex())
        self.help_panel.keys.set_theme(theme)
        self.setStyleSheet(style_sheet(theme))


class _Closer:
    """Closes the parts when Qt destroys the dock, without keeping the dock alive."""

    def __init__(self, shut_down: Callable[[], None]) -> None:
        self._shut_down = WeakMethod(shut_down)

    def __call__(self) -> None:
        shut_down = self._shut_down()
        if shut_down is not None:
            shut_down()
