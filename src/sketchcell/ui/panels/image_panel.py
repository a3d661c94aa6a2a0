"""Choose an image, and start."""

from __future__ import annotations

from typing import Any

from napari.components import ViewerModel
from napari.layers import Image
from qtpy.QtWidgets import QComboBox, QMenu, QPushButton, QSizePolicy

from sketchcell.errors import SketchcellError
from sketchcell.ui.layers import is_ours, planes_of
from sketchcell.ui.notify import tell
from sketchcell.ui.panels.section import Section, row
from sketchcell.ui.state import State
from sketchcell.ui.workbench import Workbench


class ImagePanel(Section):
    """Lists the image layers; one button makes the sketch.

    Parameters
    ----------
    viewer, state, workbench
        As everywhere.
    """

    def __init__(self, viewer: ViewerModel, state: State, workbench: Workbench) -> None:
        super().__init__()
        self._viewer, self._state, self._workbench = viewer, state, workbench
        self.choice = QComboBox()
        self.choice.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.choice.setToolTip("The image to paint on")
        self.start = QPushButton("Start sketching")
        self.start.setToolTip("Adds the layers 'sketch' and 'boundaries', ready to paint")
        self.channels = QPushButton("All channels")
        self.channels.setToolTip("Which channels to learn from")
        self.add(row(self.choice, self.start, stretch=0))
        self.add(self.channels)

        self.choice.currentIndexChanged.connect(self._on_choice)
        self.start.clicked.connect(self._on_start)
        viewer.layers.events.inserted.connect(self._refresh)
        viewer.layers.events.removed.connect(self._refresh)
        viewer.layers.events.reordered.connect(self._list)
        state.events.image.connect(self._list)
        state.events.layers.connect(self._on_layers)
        self._refresh()
        active = viewer.layers.selection.active
        if isinstance(active, Image) and not is_ours(active):
            workbench.choose(active)
        elif self._images:
            workbench.choose(self._images[0])
        self._on_layers()

    def shut(self) -> None:
        """Let go of the viewer."""
        events = self._viewer.layers.events
        for event in (events.inserted, events.removed):
            event.disconnect(self._refresh)
        events.reordered.disconnect(self._list)
        for image in self._images:
            image.events.name.disconnect(self._list)

    def _refresh(self, event: Any = None) -> None:
        """List the images; work on the first one, unless another one is worked on or none is wanted."""
        self._list()
        opened = event is None or isinstance(event.value, Image)
        if opened and self._images and self._state.image not in self._images:
            self._workbench.choose(self._images[0])

    def _list(self) -> None:
        for image in getattr(self, "_images", []):
            image.events.name.disconnect(self._list)
        self._images = [
            layer for layer in self._viewer.layers if isinstance(layer, Image) and not is_ours(layer)
        ]
        for image in self._images:
            image.events.name.connect(self._list)
        self.choice.blockSignals(True)
        self.choice.clear()
        self.choice.addItems([image.name for image in self._images])
        chosen = [number for number, image in enumerate(self._images) if image is self._state.image]
        self.choice.setCurrentIndex(chosen[0] if chosen else -1)
        self.choice.setPlaceholderText("Open an image first")
        self.choice.setEnabled(bool(self._images))
        self.choice.blockSignals(False)
        self._on_layers()

    def _on_choice(self, index: int) -> None:
        if 0 <= index < len(self._images):
            self._workbench.choose(self._images[index])

    def _on_start(self) -> None:
        try:
            self._workbench.start()
        except SketchcellError as error:
            tell(error)

    def _on_layers(self) -> None:
        sketching = self._state.layers is not None
        self.start.setText("Go on sketching" if sketching else "Start sketching")
        self.start.setEnabled(self._state.image is not None)
        self._show_channels()

    def _show_channels(self) -> None:
        """Offer the channels of an image that has several; colours belong together."""
        image = self._state.image
        try:
            planes = None if image is None else planes_of(image)
        except SketchcellError:
            planes = None
        several = planes is not None and image is not None and not image.rgb and planes.channel_count > 1
        self.channels.setVisible(several)
        if not several or planes is None:
            return
        chosen = planes.channels or tuple(range(planes.channel_count))
        menu = QMenu(self.channels)
        for channel in range(planes.channel_count):
            action = menu.addAction(f"Channel {channel}")
            action.setCheckable(True)
            action.setChecked(channel in chosen)
            action.toggled.connect(self._on_channel)
        self.channels.setMenu(menu)
        names = f"Channel{'s' if len(chosen) > 1 else ''} {', '.join(map(str, chosen))}"
        self.channels.setText("All channels" if len(chosen) == planes.channel_count else names)

    def _on_channel(self) -> None:
        actions = self.channels.menu().actions()
        chosen = tuple(number for number, action in enumerate(actions) if action.isChecked())
        self._workbench.choose_channels(chosen)
        self._show_channels()
