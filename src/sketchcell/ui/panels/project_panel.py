"""The images of the project: where each one stands, and the way from one to the next."""

from __future__ import annotations

from pathlib import Path

from qtpy.QtCore import QPoint, QSize, Qt
from qtpy.QtGui import QColor, QIcon, QPixmap
from qtpy.QtWidgets import (
    QFileDialog,
    QListWidget,
    QListWidgetItem,
    QMenu,
    QPushButton,
    QVBoxLayout,
    QWidget,
)
from superqt import QElidingLabel

from sketchcell.errors import SketchcellError
from sketchcell.project import SUFFIX, Entry
from sketchcell.ui.notify import tell
from sketchcell.ui.panels.section import row, sentence
from sketchcell.ui.projects import Projects
from sketchcell.ui.recovery import Recovery
from sketchcell.ui.state import State
from sketchcell.ui.thumbnails import Thumbnails

_WORDS = {
    "untouched": ("○", "nothing painted yet"),
    "sketched": ("◐", "painted on"),
    "segmented": ("●", "segmented"),
    "approved": ("✔", "approved"),
}
_SIDE = 40
_ROWS = 4
_IMAGES = "Images (*.tif *.tiff *.png *.jpg *.jpeg);;All files (*)"


class ProjectPanel(QWidget):
    """Lists the images with thumbnails and states; opens, saves and extends the project.

    Parameters
    ----------
    state, projects, recovery, thumbnails
        As everywhere.
    """

    def __init__(self, state: State, projects: Projects, recovery: Recovery, thumbnails: Thumbnails) -> None:
        super().__init__()
        self._state, self._projects, self._recovery = state, projects, recovery
        self._thumbnails = thumbnails
        self.name = QElidingLabel()
        self.name.setObjectName("stepNote")
        self.open = QPushButton("Open…")
        self.open.setToolTip("Open a project: its images, strokes, model and undo history come back")
        self.save = QPushButton("Save as…")
        self.save.setToolTip(
            "Give the project a folder; from then on every stroke is saved there as you paint"
        )
        self.add = QPushButton("Add images…")
        self.add.setToolTip("One model learns from the strokes on all images of the list")
        self.list = QListWidget()
        self.list.setIconSize(QSize(_SIDE, _SIDE))
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        self.list.setToolTip("Click an image to open it (PageUp and PageDown go through the list)")
        self.list.setAccessibleName("Images of the project")
        self.approve = QPushButton("Approve")
        self.approve.setCheckable(True)
        self.approve.setToolTip("Note that this image is done")
        self.before, self.after = QPushButton("◀"), QPushButton("▶")
        self.before.setToolTip("The image before (PageUp)")
        self.after.setToolTip("The next image (PageDown)")
        self.found = sentence("", small=True)
        self.restore, self.discard = QPushButton("Restore"), QPushButton("Discard")
        self.restore.setToolTip("Bring these strokes back; Ctrl+Z takes them away again")
        self.discard.setToolTip("Delete them")

        box = _box(self)
        box.addWidget(self.found)
        self._offer = row(self.restore, self.discard)
        box.addLayout(self._offer)
        box.addWidget(self.list)
        self._steps = QWidget()
        self._steps.setLayout(row(self.before, self.after, self.approve, stretch=2))
        box.addWidget(self._steps)
        box.addWidget(self.name)
        box.addLayout(row(self.open, self.save, self.add))

        self.list.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.list.customContextMenuRequested.connect(self._on_menu)
        self.open.clicked.connect(self._on_open)
        self.save.clicked.connect(self._on_save)
        self.add.clicked.connect(self._on_add)
        self.list.itemClicked.connect(self._on_item)
        self.approve.clicked.connect(self._on_approve)
        self.before.clicked.connect(lambda: projects.step(-1))
        self.after.clicked.connect(lambda: projects.step(1))
        self.restore.clicked.connect(self._on_restore)
        self.discard.clicked.connect(recovery.discard)
        projects.listed.connect(self._show)
        recovery.changed.connect(self._show_offer)
        thumbnails.ready.connect(self._on_thumbnail)
        state.events.entry.connect(self._show)
        state.events.project.connect(self._show)
        self._show()
        self._show_offer()

    def _show(self) -> None:
        entries = self._projects.entries
        several = len(entries) > 1
        self.list.setVisible(several)
        self._steps.setVisible(several)
        if [self._id(number) for number in range(self.list.count())] != [entry.id for entry in entries]:
            self.list.clear()
            for entry in entries:
                self._add_row(entry)
        if several:
            height = self.list.sizeHintForRow(0) * min(len(entries), _ROWS)
            self.list.setFixedHeight(height + 2 * self.list.frameWidth())
        for number, entry in enumerate(entries):
            item = self.list.item(number)
            symbol, word = _WORDS[entry.state]
            item.setText(f"{symbol}  {entry.name}")
            item.setToolTip(f"{entry.path or entry.name}: {word}")
            if entry.id == self._state.entry:
                self.list.setCurrentItem(item)
                self.approve.setChecked(entry.state == "approved")
        folder = self._projects.folder
        if folder is None:
            self.name.setText("No project yet; your strokes are kept all the same.")
        else:
            self.name.setText(f"Project: {folder.name.removesuffix(SUFFIX)}")
        self.name.setToolTip(str(folder or ""))

    def _add_row(self, entry: Entry) -> None:
        item = QListWidgetItem()
        item.setData(Qt.ItemDataRole.UserRole, entry.id)
        picture = self._thumbnails.of(entry.id)
        if picture is not None:
            item.setIcon(_icon(picture))
        item.setForeground(QColor("#909090") if entry.state == "approved" else item.foreground())
        self.list.addItem(item)

    def _id(self, number: int) -> str:
        return str(self.list.item(number).data(Qt.ItemDataRole.UserRole))

    def _on_thumbnail(self, entry_id: str) -> None:
        picture = self._thumbnails.of(entry_id)
        for number in range(self.list.count()):
            if self._id(number) == entry_id and picture is not None:
                self.list.item(number).setIcon(_icon(picture))

    def _on_item(self, item: QListWidgetItem) -> None:
        self._projects.opening.go(str(item.data(Qt.ItemDataRole.UserRole)))

    def _on_menu(self, at: QPoint) -> None:
        item = self.list.itemAt(at)
        if item is None:
            return
        entry_id = str(item.data(Qt.ItemDataRole.UserRole))
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.addAction("The file was moved: show where it is…", lambda: self._on_moved(entry_id))
        remove = menu.addAction("Take off the list", lambda: self._projects.remove(entry_id))
        remove.setEnabled(entry_id != self._state.entry)
        menu.popup(self.list.viewport().mapToGlobal(at))

    def _on_moved(self, entry_id: str) -> None:
        name, _ = QFileDialog.getOpenFileName(self, "Where is the image now?")
        if name:
            self.relink(entry_id, Path(name))

    def relink(self, entry_id: str, path: Path) -> None:
        """Say where an image is now; what is wrong is told."""
        try:
            self._projects.relink(entry_id, path)
        except SketchcellError as error:
            tell(error)

    def _on_approve(self, approved: bool) -> None:
        self._projects.set_state("approved" if approved else "segmented")

    def _on_open(self) -> None:
        name = QFileDialog.getExistingDirectory(self, f"Choose a project (a folder {SUFFIX})")
        if name:
            self.open_from(Path(name))

    def _on_save(self) -> None:
        name, _ = QFileDialog.getSaveFileName(self, "Save the project as a folder", f"cells{SUFFIX}")
        if name:
            self.save_to(Path(name))

    def _on_add(self) -> None:
        names, _ = QFileDialog.getOpenFileNames(self, "Choose images", filter=_IMAGES)
        if names:
            self._projects.add_files([Path(name) for name in names])

    def _on_restore(self) -> None:
        try:
            self._recovery.restore()
        except SketchcellError as error:
            tell(error)

    def open_from(self, folder: Path) -> None:
        """Open a project; what is wrong is told."""
        try:
            self._projects.open(folder)
        except SketchcellError as error:
            tell(error)

    def save_to(self, folder: Path) -> None:
        """Save the project; what is wrong is told."""
        try:
            self._projects.save_as(folder)
        except SketchcellError as error:
            tell(error)

    def _show_offer(self) -> None:
        text = self._recovery.offer
        self.found.setText(text)
        for widget in (self.found, self.restore, self.discard):
            widget.setVisible(bool(text))


def _icon(picture: QPixmap) -> QIcon:
    """Return a picture that keeps its colours where it is selected."""
    icon = QIcon(picture)
    icon.addPixmap(picture, QIcon.Mode.Selected)
    return icon


def _box(parent: QWidget) -> QVBoxLayout:
    box = QVBoxLayout(parent)
    box.setContentsMargins(0, 0, 0, 0)
    box.setSpacing(4)
    return box
