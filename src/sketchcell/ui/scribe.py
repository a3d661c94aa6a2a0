"""What is painted, written down as it happens; and written back when it is undone or corrected."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np
from napari.components import ViewerModel
from napari.layers import Labels
from numpy.typing import NDArray
from psygnal import Signal
from qtpy.QtCore import QTimer

from sketchcell.errors import SketchcellError
from sketchcell.project import LARGEST_ID, Page, Project
from sketchcell.sketch import Edit, Window
from sketchcell.sketch.window import union
from sketchcell.ui.frame import Plane, whole
from sketchcell.ui.layers import SketchLayers
from sketchcell.ui.notify import tell
from sketchcell.ui.redraw import redraw
from sketchcell.ui.spot import Painted, Spot

_DELAY = 150  # ms from a touch of the brush until it is written down, at most


class Scribe:
    """Compares an image's layers with the project's pages where somebody paints, and records what differs.

    A touch of the brush costs a note of where it was. The notes are worked off together a moment later; what
    lies between two ends of strokes is one step for undo.

    Parameters
    ----------
    viewer
        Says which plane is looked at.
    """

    painted = Signal(Painted)
    stepped = Signal(int, bool)
    """A step was undone (True) or done again: its group."""
    elsewhere = Signal(str)
    """What was undone is on another image of the project."""

    def __init__(self, viewer: ViewerModel) -> None:
        self._viewer = viewer
        self._project: Project | None = None
        self._layers: SketchLayers | None = None
        self._entry = ""
        self._notes: list[tuple[slice, ...] | None] = []  # None: anywhere
        self._painted: set[Plane] = set()
        self._known: WeakKeyDictionary[Labels, set[Plane]] = WeakKeyDictionary()
        self._group: int | None = None
        self._writing = self._held = False
        self._told = 0.0
        self._soon = QTimer()
        self._soon.setSingleShot(True)
        self._soon.setInterval(_DELAY)
        self._soon.timeout.connect(self.flush)

    def close(self) -> None:
        """Write down the rest, and follow no longer."""
        self.unfollow()

    @property
    def project(self) -> Project | None:
        """Where it writes."""
        return self._project

    @property
    def entry(self) -> str:
        """The image that is painted on."""
        return self._entry

    def follow(self, layers: SketchLayers, project: Project, entry: str) -> None:
        """Show what the project holds of an image in its layers, and follow them from now on.

        What is painted in the layers already, as in a sample, is recorded where the project holds nothing.
        Not in layers that were followed before: what they show may have been undone from another image.
        """
        self.unfollow()
        self._layers, self._project, self._entry = layers, project, entry
        known = self._known.get(layers.sketch, set())
        self._painted = set(project.painted_planes(entry)) | {
            plane for plane in known if plane in layers.frame
        }
        for plane in self._painted:
            self._show(plane, whole(layers.frame.planes.shape), keep=layers.sketch not in self._known)
        for layer in _painted_on(layers):
            layer.events.labels_update.connect(self._on_touch)
            layer.events.paint.connect(self._on_stroke_end)
            layer.events.set_data.connect(self._on_refreshed)
            layer.events.data.connect(self._on_replaced)
        self._notes.append(None)
        self.flush()

    def unfollow(self) -> None:
        """Write down the rest, and follow no longer."""
        if self._layers is None:
            return
        self.release()
        for layer in _painted_on(self._layers):
            layer.events.labels_update.disconnect(self._on_touch)
            layer.events.paint.disconnect(self._on_stroke_end)
            layer.events.set_data.disconnect(self._on_refreshed)
            layer.events.data.disconnect(self._on_replaced)
        self._known[self._layers.sketch] = self._painted
        self._layers = self._project = None
        self._notes.clear()

    def page(self, plane: Plane) -> Page:
        """Return what is painted on a plane; not to be changed."""
        assert self._project is not None
        self.flush()
        return self._project.page(self._entry, plane)

    def flush(self) -> None:
        """Write down what was painted up to now."""
        self._soon.stop()
        if self._layers is None or not self._notes:
            return
        notes, self._notes = self._notes, []
        places = notes if None not in notes else [tuple(slice(0, n) for n in self._layers.frame.shape)]
        for plane, window in self._touched([place for place in places if place is not None]):
            self._compare(plane, window)

    def look(self) -> None:
        """Write down what scripts have painted on the plane in view without saying so."""
        self._on_refreshed()
        self.flush()

    def show_again(self) -> None:
        """Bring the layers up to all that is painted: somebody has put other arrays there."""
        if self._layers is not None:
            for plane in self._painted:
                self._show(plane, whole(self._layers.frame.planes.shape))

    def end_stroke(self) -> None:
        """Let what comes next be another step for undo."""
        if not self._held:
            self._group = None

    def hold(self) -> None:
        """Let all that comes next be one step for undo, until `release`."""
        self.flush()
        self.end_stroke()
        self._held = True

    def release(self) -> None:
        """End what `hold` began; without it this is `flush` and `end_stroke`."""
        self.flush()
        self._held = False
        self.end_stroke()

    def edit(
        self,
        changes: Sequence[tuple[Plane, Window, NDArray[np.integer[Any]], NDArray[np.bool_]]],
    ) -> int | None:
        """Replace labels and boundaries in windows of planes, as one step for undo.

        Returns
        -------
        int or None
            The number of the step; None if nothing is different.
        """
        self.flush()
        self.end_stroke()
        for plane, window, labels, boundaries in changes:
            self._record(plane, window, labels, boundaries)
            self._show(plane, window)
        group = self._group
        self.end_stroke()
        return group

    def undo(self) -> None:
        """Take back the last step, on whatever image it was."""
        self._step(back=True)

    def redo(self) -> None:
        """Do again what was taken back last."""
        self._step(back=False)

    def _step(self, *, back: bool) -> None:
        if self._project is None:
            return
        if self._held:
            tell(SketchcellError("Labels are being imported: wait until that is done, or cancel it."))
            return
        self.flush()
        self.end_stroke()
        try:
            changes = self._project.undo() if back else self._project.redo()
        except SketchcellError as error:
            tell(error)
            return
        if changes:
            self.stepped.emit(changes[0].group, back)
        for change in changes:
            if change.entry_id == self._entry:
                self._show(change.plane, change.window)
            self.painted.emit(Painted(Spot(change.entry_id, change.plane), change.window))
        others = {change.entry_id for change in changes} - {self._entry}
        if others and len({change.entry_id for change in changes}) == len(others):
            self.elsewhere.emit(others.pop())
        elif changes and self._layers is not None:
            self._go_to(changes[-1].plane)

    def _go_to(self, plane: Plane) -> None:
        """Bring a plane into view, so that one sees what was undone."""
        layers = self._layers
        if layers is None or plane == layers.frame.plane_in_view(self._viewer, layers.sketch):
            return
        index = (*layers.frame.index(plane), 0, 0)
        world = layers.sketch.data_to_world(index)
        first = self._viewer.dims.ndim - len(index)
        for axis in range(len(index) - 2):
            self._viewer.dims.set_point(first + axis, world[axis])

    def _show(self, plane: Plane, window: Window, *, keep: bool = False) -> None:
        """Bring the layers up to a page; with `keep` only where nothing is painted in the layer."""
        assert self._project is not None
        assert self._layers is not None
        page = self._project.page(self._entry, plane)
        index = (*self._layers.frame.index(plane), *window)
        self._writing = True
        try:
            for layer, values in (
                (self._layers.sketch, page.labels),
                (self._layers.boundaries, page.boundaries),
            ):
                here = layer.data[index]
                wanted = values[window].astype(here.dtype)
                if keep:
                    wanted = np.where(here == 0, wanted, here)
                if not np.array_equal(here, wanted):
                    layer.data[index] = wanted
                    redraw(layer, index)
        finally:
            self._writing = False

    def _compare(self, plane: Plane, window: Window) -> None:
        assert self._project is not None
        assert self._layers is not None
        index = (*self._layers.frame.index(plane), *window)
        labels, lines = self._layers.sketch.data[index], self._layers.boundaries.data[index] != 0
        if labels.min(initial=0) < 0 or labels.max(initial=0) > LARGEST_ID:
            self._show(plane, window)
            tell(SketchcellError(f"Paint with numbers from 0 to {LARGEST_ID:,}: others are taken back."))
            return
        self._record(plane, window, labels, lines)

    def _record(
        self,
        plane: Plane,
        window: Window,
        labels: NDArray[np.integer[Any]],
        boundaries: NDArray[np.bool_],
    ) -> bool:
        assert self._project is not None
        assert self._layers is not None
        if plane not in self._painted and not labels.any() and not boundaries.any():
            return False
        self._painted.add(plane)
        page = self._project.page(self._entry, plane)
        edit = Edit.between(
            window, page.labels[window], labels, page.boundaries[window], boundaries, page.labels.shape
        )
        if edit is None:
            return False
        if self._group is None:
            self._group = self._project.new_group()
        try:
            self._project.record(self._entry, plane, edit, self._group)
        except SketchcellError as error:  # the disk is full: what is painted is kept in memory
            if time.monotonic() - self._told > 30:
                self._told = time.monotonic()
                tell(error)
        self.painted.emit(Painted(Spot(self._entry, plane), edit.window))
        return True

    def _touched(self, places: list[tuple[slice, ...]]) -> list[tuple[Plane, Window]]:
        """Return what the notes touch, one window a plane."""
        assert self._layers is not None
        frame = self._layers.frame
        windows: dict[Plane, list[Window]] = {}
        for place in places:
            leading = [range(span.start, span.stop) for span in place[:-2]]
            for index in np.ndindex(*(len(span) for span in leading)):
                at = tuple(span[i] for span, i in zip(leading, index, strict=True))
                windows.setdefault(frame.plane(at), []).append((place[-2], place[-1]))
        return [(plane, union(parts)) for plane, parts in windows.items()]

    def _on_touch(self, event: Any) -> None:
        if not self._writing and self._layers is not None:
            self._note(self._place(event.source, event.offset, event.data.shape))

    def _place(
        self, layer: Labels, offset: Sequence[int], shape: tuple[int, ...]
    ) -> tuple[slice, ...] | None:
        """Return where a part of what is displayed lies in the layer, None if that cannot be said."""
        assert self._layers is not None
        if layer.n_edit_dimensions > 2 and layer.ndim > 2:
            return None
        displayed = [axis - (self._viewer.dims.ndim - layer.ndim) for axis in self._viewer.dims.displayed]
        if len(displayed) != 2 or min(displayed) < 0:
            return None
        point = self._layers.frame.point_in_view(self._viewer, layer)
        place = [slice(at, at + 1) for at in point]
        for axis, start, length in zip(displayed, offset, shape[:2], strict=True):
            place[axis] = slice(int(start), int(start) + int(length))
        return tuple(place)

    def _on_stroke_end(self) -> None:
        if not self._writing:
            self.flush()
            self.end_stroke()

    def _on_refreshed(self) -> None:
        """Look at the plane in view: napari refreshes after its own undo, and after the sliders move."""
        if self._writing or self._layers is None:
            return
        layers = self._layers
        plane = layers.frame.plane_in_view(self._viewer, layers.sketch)
        if plane is not None:
            leading = tuple(slice(at, at + 1) for at in layers.frame.index(plane))
            self._note((*leading, *whole(layers.frame.planes.shape)))

    def _on_replaced(self, event: Any) -> None:
        if self._writing or self._layers is None:
            return
        if event.source.data.shape == self._layers.frame.shape:
            self._note(None)

    def _note(self, place: tuple[slice, ...] | None) -> None:
        self._notes.append(place)
        if not self._soon.isActive():
            self._soon.start()


def _painted_on(layers: SketchLayers) -> tuple[Labels, Labels]:
    return layers.sketch, layers.boundaries
