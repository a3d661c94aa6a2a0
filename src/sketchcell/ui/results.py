"""Showing what the model says: instances, raw maps, other thresholds, the whole image."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from napari.components import ViewerModel
from napari.layers import Labels
from numpy.typing import NDArray
from psygnal import Signal

from sketchcell.errors import SketchcellError
from sketchcell.images import as_channels
from sketchcell.inference import Progress
from sketchcell.linking import linking_frames, linking_planes
from sketchcell.model import Model
from sketchcell.sketch import Window
from sketchcell.ui.answers import Answer, Source, answer
from sketchcell.ui.areas import areas_of
from sketchcell.ui.frame import whole
from sketchcell.ui.jobs import Job
from sketchcell.ui.layers import SketchLayers
from sketchcell.ui.map_layers import MapLayers
from sketchcell.ui.notify import tell
from sketchcell.ui.reading import Reading
from sketchcell.ui.redraw import redraw
from sketchcell.ui.spot import Spot
from sketchcell.ui.state import Found, State

_OUTLINE = 2  # screen-independent width of outlines, in image pixels


@dataclass(frozen=True, eq=False)
class Shown:
    """What is shown of a family: the maps, the plane of instances, and how many there are."""

    source: Source
    labels: NDArray[np.int32]
    found: Found


class Results:
    """Keeps the newest maps, and shows what follows from them.

    An answer knows the maps it was decoded from: one that comes back after newer maps is dropped, and
    one with other parameters than those that are set now is asked for again.

    Parameters
    ----------
    viewer
        napari's.
    state
        Shared by all parts of the interface.
    reading
        Reads planes, in any thread.
    """

    finished = Signal()
    """The whole image was segmented."""

    changed = Signal()
    """Other cells are shown, or the same ones in another shape."""

    def __init__(self, viewer: ViewerModel, state: State, reading: Reading) -> None:
        self._state, self._reading = state, reading
        self._raw = MapLayers(viewer)
        self._source: Source | None = None
        self._shown: tuple[Any, bool] | None = None  # parameters and raw maps of what is shown
        self._decoding: Job | None = None
        self._whole: Job | None = None
        self._jobs: list[Job] = []
        self._changed: dict[Spot, NDArray[np.int32]] = {}
        state.events.params.connect(self._decode_again)
        state.events.raw_maps.connect(self._on_raw_maps)
        state.events.outlines.connect(self._on_outlines)
        state.events.layers.connect(self._on_layers)
        state.events.spot.connect(self._on_spot)

    def close(self) -> None:
        """Stop, and wait for all threads."""
        self.cancel()
        self._raw.close()
        Job.end_all(self._jobs)
        self._jobs = []

    @property
    def source(self) -> Source | None:
        """The maps of what is shown of the plane in view, if they are kept."""
        return self._source

    def show(self, new: Answer) -> None:
        """Put an answer into the layers; the newest source is kept for other thresholds."""
        state = self._state
        if state.layers is None or new.source.model.config.family != state.family:
            return
        if new.source.spot.entry != state.entry:
            return
        self._write(state.layers, self._index(new.source), new.labels)
        self._note(new.source.spot)
        if new.source.spot != state.spot:
            return
        self._source = new.source
        if new.raw and state.image is not None and state.raw_maps:
            shape = state.layers.frame.planes.shape
            self._raw.show(state.image, shape, new.source.window, new.raw)
        state.found = Found(new.count, new.source.whole)
        self._shown = new.params, bool(new.raw)
        if self._shown != self._wish():
            self._decode_again()

    def bring_back(self, spot: Spot, cells: NDArray[np.int32]) -> None:
        """Show cells of an earlier session."""
        layers = self._state.layers
        if (
            layers is not None
            and spot.entry == self._state.entry
            and cells.shape == layers.frame.planes.shape
        ):
            self._write(layers, (*layers.frame.index(spot.plane), *whole(cells.shape)), cells)
            self._state.found = Found(count_ids(cells), True)

    def take_changed(self) -> list[tuple[Spot, NDArray[np.int32]]]:
        """Return the planes whose cells have changed since the last call, as views."""
        changed, self._changed = self._changed, {}
        return list(changed.items())

    def corrected(self, spot: Spot, labels: NDArray[np.int32], window: Window) -> None:
        """Show instances that a person has corrected, until the network answers again."""
        layers = self._state.layers
        if layers is not None and spot.entry == self._state.entry:
            self._write(layers, (*layers.frame.index(spot.plane), *window), labels)
            self._note(spot)

    def take_down(self) -> Shown | None:
        """Return what is shown, and expect no more answers of that kind; the layer stays as it is."""
        source, found, layers = self._source, self._state.found, self._state.layers
        self._let_go()
        self._raw.clear()
        if source is None or found is None or layers is None:
            return None
        return Shown(source, self.plane(layers, source.spot).copy(), found)

    def put_up(self, shown: Shown | None) -> None:
        """Show what was taken down before, or no cells."""
        state = self._state
        state.found = None if shown is None else shown.found
        layers, spot = state.layers, state.spot
        if layers is None or spot is None:
            return
        mine = shown is not None and shown.source.spot == spot
        index = (*layers.frame.index(spot.plane), *whole(layers.frame.planes.shape))
        self._write(layers, index, shown.labels if mine and shown else np.zeros((), np.int32))
        if mine and shown:
            self._source, self._shown = shown.source, (state.params, False)
            if self._shown != self._wish():
                self._decode_again()

    def plane(self, layers: SketchLayers, spot: Spot) -> NDArray[np.int32]:
        """Return the instances of a plane, as they are shown; a view."""
        plane: NDArray[np.int32] = layers.instances.data[layers.frame.index(spot.plane)]
        return plane

    def segment_whole(self) -> None:
        """Predict the whole image, all of its planes, in the background.

        Raises
        ------
        SketchcellError
            When there is no model yet, or no image.
        """
        state = self._state
        if state.model is None:
            raise SketchcellError("There is no model yet: switch on 'Learn while I paint', or load a model.")
        if state.image is None:
            raise SketchcellError("There is no image yet: drag one into the window.")
        if self._whole is not None or state.layers is None:
            return
        state.progress = 0.0
        frame = state.layers.frame
        spots = [Spot(state.entry, plane) for plane in frame.all_planes()]
        if state.spot is not None:  # what is looked at comes first
            spots = [state.spot, *(spot for spot in spots if spot != state.spot)]
        shown = {spot: self.plane(state.layers, spot) for spot in spots}
        how = state.link if len(frame.planes.leading) == 1 else "no"
        work = _segment_all(
            state.model, self._reading, spots, state.params, shown, how, lambda: (state.spot, state.raw_maps)
        )
        self._whole = self._start(
            Job(work, on_items=self._on_whole_items, on_done=self._on_whole, on_error=self._on_whole_error)
        )

    def predict_view(self) -> None:
        """Predict the plane in view with the model there is, as after another one was taken up."""
        state = self._state
        if state.model is None or state.layers is None or state.spot is None:
            return
        shown = {state.spot: self.plane(state.layers, state.spot)}
        work = _predict_all(
            state.model,
            self._reading,
            [state.spot],
            state.params,
            shown,
            lambda: (state.spot, state.raw_maps),
        )
        self._start(Job(work, on_items=self._on_view_items, on_error=tell))

    def cancel(self) -> None:
        """Give up segmenting the whole image; the planes that are done stay."""
        if self._whole is not None:
            self._whole.stop()
            self._whole = None
        self._state.progress = None

    def _write(self, layers: SketchLayers, index: Sequence[Any], labels: NDArray[np.int32]) -> None:
        if write(layers.instances, index, labels):
            self.changed.emit()

    def _note(self, spot: Spot) -> None:
        if self._state.layers is not None:
            self._changed[spot] = self.plane(self._state.layers, spot)

    def _index(self, source: Source) -> tuple[Any, ...]:
        assert self._state.layers is not None
        return (*self._state.layers.frame.index(source.spot.plane), *source.window)

    def _let_go(self) -> None:
        self.cancel()
        self._forget_maps()

    def _forget_maps(self) -> None:
        if self._decoding is not None:
            self._decoding.stop()
            self._decoding = None
        self._source = self._shown = None

    def _start(self, job: Job) -> Job:
        self._jobs = [old for old in self._jobs if old.is_alive] + [job]
        return job.start()

    def _on_whole_items(self, items: list[Any]) -> None:
        for item in items:
            if isinstance(item, Answer):
                self.show(item)
        last = [item for item in items if isinstance(item, Progress)]
        if last:
            self._state.progress = last[-1].done / max(last[-1].total, 1)

    def _on_view_items(self, items: list[Any]) -> None:
        for item in items:
            if isinstance(item, Answer):
                self.show(item)

    def _on_whole(self, linked: NDArray[np.int32] | None) -> None:
        self._whole = None
        self._state.progress = None
        layers = self._state.layers
        if linked is not None and layers is not None and linked.shape == layers.instances.data.shape:
            layers.instances.data = linked
            for plane in layers.frame.all_planes():
                self._note(Spot(self._state.entry, plane))
        self.finished.emit()

    def _on_whole_error(self, error: Exception) -> None:
        self._whole = None
        self._state.progress = None
        tell(error)

    def _decode_again(self) -> None:
        """Decode the kept maps; while one decoding runs, only the newest wish is remembered."""
        layers, source = self._state.layers, self._source
        if source is None or layers is None or self._decoding is not None:
            return
        work = _decode(source, self._state.params, self.plane(layers, source.spot), self._state.raw_maps)
        self._decoding = self._start(Job(work, on_done=self._on_decoded, on_error=self._on_decode_error))

    def _on_decoded(self, new: Answer) -> None:
        self._decoding = None
        if new.source is self._source:
            self.show(new)  # asks again if the parameters have changed meanwhile
        elif self._shown is not None and self._shown != self._wish():
            self._decode_again()

    def _wish(self) -> tuple[Any, bool]:
        return self._state.params, self._state.raw_maps

    def _on_decode_error(self, error: Exception) -> None:
        self._decoding = None
        tell(error)

    def _on_raw_maps(self, shown: bool) -> None:
        if shown:
            self._decode_again()
        else:
            self._raw.hide()

    def _on_outlines(self, outlines: bool) -> None:
        if self._state.layers is None:
            return
        instances, contour = self._state.layers.instances, _OUTLINE if outlines else 0
        if instances.contour != contour:  # which napari would draw again as a whole
            instances.contour = contour
        instances.opacity = 0.9 if outlines else 0.45

    def _on_spot(self, spot: Spot | None) -> None:
        """Forget the maps of the plane that was left; its cells stay in their layer."""
        if self._source is not None and spot != self._source.spot:
            self._forget_maps()
            self._raw.clear()
        layers = self._state.layers
        if spot is None or layers is None:
            return
        cells = self.plane(layers, spot)
        self._state.found = Found(count_ids(cells), True) if cells.any() else None

    def _on_layers(self, layers: SketchLayers | None) -> None:
        """Forget what was said about another image."""
        self._let_go()
        self._raw.forget()
        self._state.found = None
        if layers is not None:
            self._on_outlines(self._state.outlines)


def count_ids(labels: NDArray[np.int32]) -> int:
    """Return how many different ids above 0 there are."""
    return int(np.count_nonzero(areas_of(labels)))


def write(layer: Labels, index: Sequence[Any], labels: NDArray[np.int32]) -> bool:
    """Replace a window of a plane of an instance layer, at a cost that follows the change; tell if any."""
    shown = layer.data[tuple(index)]
    changed = shown != labels
    spans = [np.flatnonzero(changed.any(axis=axis)) for axis in (1, 0)]
    if not spans[0].size:
        return False
    shown[...] = labels
    rows, columns = (
        slice(within.start + int(span[0]), within.start + int(span[-1]) + 1)
        for within, span in zip(index[-2:], spans, strict=True)
    )
    redraw(layer, (*index[:-2], rows, columns))
    return True


def _decode(
    source: Source, params: Any, shown: NDArray[np.int32], with_raw: bool
) -> Generator[None, None, Answer]:
    yield None
    return answer(source, params, shown, with_raw)


def _segment_all(
    model: Model,
    reading: Reading,
    spots: Sequence[Spot],
    params: Any,
    shown: dict[Spot, NDArray[np.int32]],
    how: str,
    in_view: Callable[[], tuple[Spot | None, bool]],
) -> Generator[Progress | Answer, None, NDArray[np.int32] | None]:
    """Predict all planes, and join their cells if that is wanted; return them all if they were joined."""
    labels: dict[Spot, NDArray[np.int32]] = {}
    for item in _predict_all(model, reading, spots, params, shown, in_view):
        if isinstance(item, Answer) and how != "no":
            labels[item.source.spot] = item.labels
        yield item
    if how == "no":
        return None
    planes = [labels[spot] for spot in sorted(labels, key=lambda spot: spot.plane)]
    if how == "z":
        return (yield from linking_planes(planes))
    return (yield from linking_frames(planes)).labels


def _predict_all(
    model: Model,
    reading: Reading,
    spots: Sequence[Spot],
    params: Any,
    shown: dict[Spot, NDArray[np.int32]],
    in_view: Callable[[], tuple[Spot | None, bool]],
) -> Generator[Progress | Answer, None, None]:
    """Predict planes one after the other."""
    for number, spot in enumerate(spots):
        channels, sample = as_channels(reading.plane(spot), constant=True), reading.sample(spot)
        yield Progress(number, len(spots), "segmenting")
        normalized = model.config.normalization.apply(channels, sample)
        predicting = model.predicting_normalized(normalized)
        while True:
            try:
                part = next(predicting)
            except StopIteration as end:
                maps = end.value
                break
            share = part.done / max(part.total, 1)
            yield Progress(round(1000 * (number + share)), 1000 * len(spots), "segmenting")
        spot_in_view, with_raw = in_view()
        window = whole((maps.shape[0], maps.shape[1]))
        source = Source(model, maps, spot, window, whole=True)
        yield answer(source, params, shown[spot], with_raw and spot == spot_in_view)
