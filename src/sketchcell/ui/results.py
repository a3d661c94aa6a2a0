"""Showing what the model says: instances, raw maps, other thresholds, the whole image."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from typing import Any

import numpy as np
from napari.components import ViewerModel
from napari.layers import Image, Labels
from numpy.typing import NDArray

from sketchcell.errors import SketchcellError
from sketchcell.inference import Progress
from sketchcell.model import Model
from sketchcell.sketch import Window
from sketchcell.ui.answers import Answer, Source, answer
from sketchcell.ui.jobs import Job
from sketchcell.ui.layers import SketchLayers, pixels
from sketchcell.ui.map_layers import MapLayers
from sketchcell.ui.notify import tell
from sketchcell.ui.state import Found, State

_OUTLINE = 2  # screen-independent width of outlines, in image pixels


@dataclass(frozen=True, eq=False)
class Shown:
    """What is shown of a family: the maps, the whole layer of instances, and how many there are."""

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
    """

    def __init__(self, viewer: ViewerModel, state: State) -> None:
        self._state = state
        self._raw = MapLayers(viewer)
        self._source: Source | None = None
        self._shown: tuple[Any, bool] | None = None  # parameters and raw maps of what is shown
        self._decoding: Job | None = None
        self._whole: Job | None = None
        self._jobs: list[Job] = []
        state.events.params.connect(self._decode_again)
        state.events.raw_maps.connect(self._on_raw_maps)
        state.events.outlines.connect(self._on_outlines)
        state.events.layers.connect(self._on_layers)

    def close(self) -> None:
        """Stop, and wait for all threads."""
        self.cancel()
        self._raw.close()
        Job.end_all(self._jobs)
        self._jobs = []

    def show(self, new: Answer) -> None:
        """Put an answer into the layers; the newest source is kept for other thresholds."""
        state = self._state
        if state.layers is None or new.source.model.config.family != state.family:
            return
        self._source = new.source
        write(state.layers.instances, new.source.window, new.labels)
        if new.raw and state.image is not None and state.raw_maps:
            self._raw.show(state.image, state.layers.instances.data.shape, new.source.window, new.raw)
        state.found = Found(new.count, new.source.whole)
        self._shown = new.params, bool(new.raw)
        if self._shown != self._wish():
            self._decode_again()

    def take_down(self) -> Shown | None:
        """Return what is shown, and expect no more answers of that kind; the layer stays as it is."""
        source, found, layers = self._source, self._state.found, self._state.layers
        self._let_go()
        self._raw.clear()
        if source is None or found is None or layers is None:
            return None
        return Shown(source, layers.instances.data.copy(), found)

    def put_up(self, shown: Shown | None) -> None:
        """Show what was taken down before, or no cells."""
        state = self._state
        state.found = None if shown is None else shown.found
        if state.layers is None:
            return
        layer = state.layers.instances
        window = slice(0, layer.data.shape[0]), slice(0, layer.data.shape[1])
        write(layer, window, np.zeros_like(layer.data) if shown is None else shown.labels)
        if shown is not None:
            self._source, self._shown = shown.source, (state.params, False)
            if self._shown != self._wish():
                self._decode_again()

    def segment_whole(self) -> None:
        """Predict the whole image, in the background.

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
        work = _predict_whole(
            state.model, state.image, state.params, state.layers.instances.data, state.raw_maps
        )
        self._whole = self._start(
            Job(work, on_items=self._on_whole_items, on_done=self._on_whole, on_error=self._on_whole_error)
        )

    def cancel(self) -> None:
        """Give up segmenting the whole image."""
        if self._whole is not None:
            self._whole.stop()
            self._whole = None
        self._state.progress = None

    def _let_go(self) -> None:
        self.cancel()
        if self._decoding is not None:
            self._decoding.stop()
            self._decoding = None
        self._source = self._shown = None

    def _start(self, job: Job) -> Job:
        self._jobs = [old for old in self._jobs if old.is_alive] + [job]
        return job.start()

    def _on_whole_items(self, items: list[Any]) -> None:
        last = items[-1]
        if isinstance(last, Progress):
            self._state.progress = last.done / max(last.total, 1)

    def _on_whole(self, new: Answer) -> None:
        self._whole = None
        self._state.progress = None
        self.show(new)

    def _on_whole_error(self, error: Exception) -> None:
        self._whole = None
        self._state.progress = None
        tell(error)

    def _decode_again(self) -> None:
        """Decode the kept maps; while one decoding runs, only the newest wish is remembered."""
        layers, source = self._state.layers, self._source
        if source is None or layers is None or self._decoding is not None:
            return
        work = _decode(source, self._state.params, layers.instances.data, self._state.raw_maps)
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
        if self._state.layers is not None:
            self._state.layers.instances.contour = _OUTLINE if outlines else 0
            self._state.layers.instances.opacity = 0.9 if outlines else 0.45

    def _on_layers(self, layers: SketchLayers | None) -> None:
        """Forget what was said about another image."""
        self._let_go()
        self._raw.forget()
        self._state.found = None
        if layers is not None:
            self._on_outlines(self._state.outlines)


def write(layer: Labels, window: Window, labels: NDArray[np.int32]) -> None:
    """Replace a window of an instance layer, at a cost that follows the change."""
    if layer.contour == 0:
        layer.data[window] = labels
        layer.refresh(extent=False, highlight=False)
        return
    # a full refresh would draw the outlines of the whole image again
    rows, columns = np.nonzero(layer.data[window] != labels)
    indices = rows + window[0].start, columns + window[1].start
    layer.data_setitem(indices, labels[rows, columns])


def _decode(
    source: Source, params: Any, shown: NDArray[np.int32], with_raw: bool
) -> Generator[None, None, Answer]:
    yield None
    return answer(source, params, shown, with_raw)


def _predict_whole(
    model: Model, image: Image, params: Any, shown: NDArray[np.int32], with_raw: bool
) -> Generator[Progress, None, Answer]:
    maps = yield from model.predicting(pixels(image))
    window = slice(0, maps.shape[0]), slice(0, maps.shape[1])
    return answer(Source(model, maps, window, whole=True), params, shown, with_raw)
