"""A numbered step of the dock that folds up."""

from __future__ import annotations

from collections.abc import Callable

from qtpy.QtCore import QSize, Qt
from qtpy.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QLayout,
    QPushButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)
from superqt import QElidingLabel

_OPEN, _FOLDED = "▾", "▸"


class Step(QWidget):
    """A header with a number, and what it folds away.

    Parameters
    ----------
    number, title
        As they stand in the header: *1 Image*.
    tip
        A sentence about the step, as tooltip.
    collapsed
        Whether it begins folded up.
    on_collapsed
        Told whenever a person folds or unfolds it.
    """

    def __init__(
        self,
        number: int,
        title: str,
        tip: str = "",
        *,
        collapsed: bool = False,
        on_collapsed: Callable[[bool], None] | None = None,
    ) -> None:
        super().__init__()
        self.title = title
        self._on_collapsed = on_collapsed
        self.header = _Header(number, title)
        self.header.setToolTip(tip)
        self.header.setAccessibleDescription(tip)
        self.body = QWidget()
        self._box = QVBoxLayout(self.body)
        self._box.setContentsMargins(10, 0, 10, 6)
        self._box.setSpacing(4)
        rule = QFrame()
        rule.setObjectName("stepRule")
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.setSpacing(2)
        for part in (self.header, self.body, rule):
            outer.addWidget(part)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)
        self.set_collapsed(collapsed)
        self.header.clicked.connect(self._toggle)

    def add(self, item: QWidget | QLayout) -> None:
        """Add below what is there."""
        if isinstance(item, QLayout):
            self._box.addLayout(item)
        else:
            self._box.addWidget(item)

    @property
    def collapsed(self) -> bool:
        """Whether only the header is seen."""
        return self.body.isHidden()

    def set_collapsed(self, collapsed: bool) -> None:
        """Fold or unfold without telling anybody."""
        self.body.setHidden(collapsed)
        self.header.arrow.setText(_FOLDED if collapsed else _OPEN)
        self.header.setAccessibleName(f"{self.header.words}, {'folded up' if collapsed else 'open'}")

    def set_note(self, text: str) -> None:
        """Say at the header's right how the step stands, so that it is known while folded up."""
        self.header.note.setText(text)

    def _toggle(self) -> None:
        self.set_collapsed(not self.collapsed)
        if self._on_collapsed is not None:
            self._on_collapsed(self.collapsed)


class _Header(QPushButton):
    """A button across the whole width, for the mouse and for Space."""

    def __init__(self, number: int, title: str) -> None:
        super().__init__()
        self.words = f"{number} {title}"
        self.setObjectName("stepHeader")
        self.setFlat(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        badge, name, self.note, self.arrow = QLabel(str(number)), QLabel(title), QElidingLabel(), QLabel()
        for label, kind in ((badge, "stepBadge"), (name, "stepTitle"), (self.note, "stepNote")):
            label.setObjectName(kind)
        badge.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.note.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.note.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        row = QHBoxLayout(self)
        row.setContentsMargins(8, 3, 8, 3)
        row.setSpacing(7)
        for part in (badge, name, self.note, self.arrow):
            part.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
            row.addWidget(part, int(part is self.note))

    def sizeHint(self) -> QSize:  # noqa: N802
        """Return the size of what is on it; a button knows only of its own text."""
        layout = self.layout()
        return super().sizeHint() if layout is None else layout.sizeHint()

    def minimumSizeHint(self) -> QSize:  # noqa: N802
        """Return the smallest size."""
        return self.sizeHint()
