"""A bar and its *Cancel*, which appear only for work that takes a while."""

from __future__ import annotations

from collections.abc import Callable

from qtpy.QtCore import QTimer
from qtpy.QtWidgets import QHBoxLayout, QProgressBar, QPushButton, QWidget

from sketchcell.ui.activity import SHOWN_AFTER

_STEPS = 1000


class ProgressRow(QWidget):
    """Shows how far a piece of work is; what is done before the activity dock would show it stays unseen.

    Parameters
    ----------
    tip
        What the bar shows, as tooltip.
    cancel_tip
        What becomes of the work when it is cancelled.
    cancel
        Ends the work.
    """

    def __init__(self, tip: str, cancel_tip: str, cancel: Callable[[], object]) -> None:
        super().__init__()
        self.bar = QProgressBar()
        self.bar.setRange(0, _STEPS)
        self.bar.setTextVisible(False)
        self.bar.setToolTip(tip)
        self.cancel = QPushButton("Cancel")
        self.cancel.setToolTip(cancel_tip)
        self.cancel.clicked.connect(cancel)
        box = QHBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(6)
        box.addWidget(self.bar, 1)
        box.addWidget(self.cancel)
        self._late = QTimer(self)
        self._late.setSingleShot(True)
        self._late.setInterval(SHOWN_AFTER)
        self._late.timeout.connect(self.show)
        self.hide()

    def set_share(self, share: float | None) -> None:
        """Say how much is done, 0…1; None: nothing is being done."""
        if share is None:
            self._late.stop()
            self.hide()
            return
        self.bar.setValue(round(_STEPS * share))
        if self.isHidden() and not self._late.isActive():
            self._late.start()
