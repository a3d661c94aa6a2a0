"""A tour: a few words beside one widget after the other, which go on by themselves once it is done."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from napari.utils.theme import Theme
from qtpy.QtCore import QEvent, QObject, Qt, QTimer
from qtpy.QtGui import QKeySequence
from qtpy.QtWidgets import QScrollArea, QShortcut, QWidget  # type: ignore[attr-defined]

from sketchcell.ui.callout import Callout
from sketchcell.ui.shortcuts import key_of

_LOOK = 200  # ms between looks at what is done, and at where the widget is
_READ = 900  # ms that a step stays, done, so that one sees that it is


@dataclass(frozen=True)
class TourStep:
    """One stop.

    Attributes
    ----------
    title, text
        What it is about, and two sentences.
    task
        What to do.
    target
        Returns the widget that is pointed at; None for none.
    progress
        How much of the task is done, at any time: the step is completed when this is more than it was when
        the step was shown. So a count serves as well as a condition, and nothing that was done long before
        makes a step flash by. None when only *Next* goes on.
    """

    title: str
    text: str
    task: str = ""
    target: Callable[[], QWidget | None] = lambda: None
    progress: Callable[[], float] | None = None


class Tour(QObject):
    """Leads through the steps; nothing is blocked meanwhile, and Esc ends it.

    Parameters
    ----------
    window
        The window that all targets are in; the tour belongs to it, and goes with it.
    steps
        At least one.
    on_done
        Called once, when the tour has ended, whether it was skipped or not.
    theme
        napari's theme of the window.
    """

    def __init__(
        self, window: QWidget, steps: Sequence[TourStep], on_done: Callable[[], object], theme: Theme
    ) -> None:
        super().__init__(window)
        self._steps, self._on_done = tuple(steps), on_done
        self._number = -1
        self._at_first = 0.0
        self._completed = self._ended = False
        self.callout = Callout(window, theme)
        self.callout.next.clicked.connect(self.go_on)
        self.callout.back.clicked.connect(self.go_back)
        self.callout.skip.clicked.connect(self.end)
        self._escape = QShortcut(QKeySequence(key_of("end_tour")), window)
        self._escape.setContext(Qt.ShortcutContext.WindowShortcut)
        self._escape.activated.connect(self.end)
        self._timer = QTimer(self)
        self._timer.timeout.connect(self._look)
        self._rest = QTimer(self)
        self._rest.setSingleShot(True)
        self._rest.timeout.connect(self.go_on)
        window.installEventFilter(self)

    @property
    def number(self) -> int:
        """The step that is shown, from 0; -1 before the tour, and after it."""
        return self._number

    def start(self) -> None:
        """Show the first step."""
        self._timer.start(_LOOK)
        self._show(0)

    def go_on(self) -> None:
        """Show the next step; after the last one the tour ends."""
        if self._ended:
            return
        if self._number + 1 < len(self._steps):
            self._show(self._number + 1)
        else:
            self.end()

    def go_back(self) -> None:
        """Show the step before."""
        self._show(max(0, self._number - 1))

    def end(self) -> None:
        """Leave; done twice, it does nothing."""
        if self._ended:
            return
        self._ended, self._number = True, -1
        self._timer.stop()
        self._rest.stop()
        window = self.parent()
        if window is not None:
            window.removeEventFilter(self)
        for part in (self.callout.frame, self.callout):
            part.hide()
            part.deleteLater()
        self._escape.setEnabled(False)
        self._escape.deleteLater()
        self.deleteLater()
        self._on_done()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802
        """Stay beside the widget when the window changes its size."""
        if event.type() == QEvent.Type.Resize and self._number >= 0:
            self._place()
        return False

    def _show(self, number: int) -> None:
        self._rest.stop()
        self._number, self._completed = number, False
        step, callout = self._steps[number], self.callout
        self._at_first = 0.0 if step.progress is None else step.progress()
        callout.say(step.title, step.text, step.task, f"{number + 1} of {len(self._steps)}")
        callout.back.setVisible(number > 0)
        last = number + 1 == len(self._steps)
        callout.skip.setVisible(not last)
        callout.next.setText("Done" if last else "Next")
        target = step.target()
        if target is not None:
            _scroll_to(target)
        self._place()
        callout.show()
        callout.raise_()

    def _place(self) -> None:
        self.callout.point_at(self._steps[self._number].target())

    def _look(self) -> None:
        self._place()
        step = self._steps[self._number]
        if not self._completed and step.progress is not None and step.progress() > self._at_first:
            self._completed = True
            self.callout.say(step.title, step.text, f"✓ {step.task}", self.callout.count.text())
            self._rest.start(_READ)


def _scroll_to(target: QWidget) -> None:
    """Bring a widget into sight if it lies in something that scrolls."""
    above = target.parentWidget()
    while above is not None:
        if isinstance(above, QScrollArea):
            above.ensureWidgetVisible(target, 0, 40)
        above = above.parentWidget()
