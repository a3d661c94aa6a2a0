"""What the network is taught: the family's targets and weights of what is painted, as layers."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Generator
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from napari.components import ViewerModel
from numpy.typing import NDArray

from sketchcell.families import Target, get_family
from sketchcell.sketch import Sketch, Window
from sketchcell.sketch.window import expand, intersect, union
from sketchcell.ui.layers import SketchLayers
from sketchcell.ui.lesson import Paint
from sketchcell.ui.map_layers import MapLayers
from sketchcell.ui.notify import tell
from sketchcell.ui.page_follower import PageFollower
from sketchcell.ui.params import same_lesson
from sketchcell.ui.pictures import Picture, picture
from sketchcell.ui.scribe import Scribe
from sketchcell.ui.state import State
from sketchcell.ui.view import visible

_LOOK = 0.05  # seconds between looks at what was painted
_REST = 0.4  # seconds at least between two refreshes
_REST_PER_COST = 3  # so that looking takes little from learning


@dataclass(frozen=True, eq=False)
class _Wish:
    """What is to be shown."""

    family: str
    params: Any
    window: Window

    def same(self, other: _Wish | None) -> bool:
        return (
            other is not None
            and (self.family, self.window) == (other.family, other.window)
            and same_lesson(self.params, other.params)
        )


@dataclass(frozen=True, eq=False)
class _Lesson:
    """What answers a wish, or brings a part of the answer up to date."""

    wish: _Wish
    window: Window
    planes: dict[str, Picture]


class Taught:
    """Shows targets and weights in view, kept up with the strokes while the switch is on.

    Parameters
    ----------
    viewer, state, scribe
        As everywhere.
    """

    def __init__(self, viewer: ViewerModel, state: State, scribe: Scribe) -> None:
        self._state = state
        self._maps = MapLayers(viewer, "taught: ", on_top=True)
        self._follower = PageFollower(state, scribe, self._take, self._fail)
        self._wish: _Wish | None = None
        state.events.taught.connect(self._restart)
        state.events.layers.connect(self._on_layers)
        state.events.spot.connect(self._on_spot)
        state.events.family.connect(self._maps.clear)

    def close(self) -> None:
        """Stop, and wait for the thread."""
        self._follower.close()
        self._maps.close()

    def _restart(self) -> None:
        layers = self._state.layers
        self._wish = self._wished(layers) if self._state.taught and layers is not None else None
        if self._wish is None or not self._follower.start(partial(_follow, wished=lambda: self._wish)):
            self._follower.stop()
            self._maps.hide()

    def _on_layers(self) -> None:
        self._maps.forget()
        self._restart()

    def _on_spot(self) -> None:
        if self._state.taught:
            self._maps.clear()
            self._restart()

    def _take(self, items: list[_Lesson | None]) -> None:
        layers, image = self._state.layers, self._state.image
        if layers is None or image is None:
            return
        for lesson in items:
            if lesson is not None and lesson.wish.family == self._state.family:
                self._maps.show(image, layers.frame.planes.shape, lesson.window, lesson.planes)
        self._wish = self._wished(layers)

    def _wished(self, layers: SketchLayers) -> _Wish:
        return _Wish(self._state.family, self._state.params, visible(layers.sketch))

    def _fail(self, error: Exception) -> None:
        self._state.taught = False
        tell(error)


def _follow(
    sketch: Sketch, paint: deque[Paint], wished: Callable[[], _Wish | None]
) -> Generator[_Lesson | None, None, None]:
    """Encode what is in view whenever that, the strokes or the parameters have changed, without end."""
    yield None
    answered: _Wish | None = None
    planes: dict[str, Picture] = {}
    while True:
        painted: list[Window] = []
        for stroke in [paint.popleft() for _ in range(len(paint))]:
            painted.append(sketch.paint(stroke.window, stroke.labels, stroke.boundaries))
            yield None
        wish = wished()
        window = None if wish is None else _stale(wish, answered, painted, sketch)
        if wish is None or window is None:
            time.sleep(_LOOK)
            yield None
            continue
        began = time.monotonic()
        target = get_family(wish.family).encode(sketch, wish.params, window)
        yield None
        before = planes if wish.same(answered) else {}
        planes = {name: picture(target[name], _counts(target, name)) for name in target.names}
        planes = {name: plane.with_range_of(before.get(name, plane)) for name, plane in planes.items()}
        yield _Lesson(wish, window, planes)
        answered = wish
        rest = time.monotonic() + max(_REST, _REST_PER_COST * (time.monotonic() - began))
        while time.monotonic() < rest:
            time.sleep(_LOOK)
            yield None


def _stale(wish: _Wish, answered: _Wish | None, painted: list[Window], sketch: Sketch) -> Window | None:
    """Return the part of the view that must be encoded, None if all of it is still right."""
    if not wish.same(answered):
        return wish.window
    context = get_family(wish.family).context
    seen = [intersect(expand(window, context, sketch.shape), wish.window) for window in painted]
    windows = [window for window in seen if window is not None]
    return union(windows) if windows else None


def _counts(target: Target[NDArray[np.float32]], name: str) -> NDArray[np.bool_]:
    """Return where a plane teaches something: a value without a weight means nothing."""
    weights = target.weights()
    mine = weights.get(name, weights.get(f"{name.removesuffix('_y').removesuffix('_x')}_weight"))
    counting = list(weights.values()) if mine is None else [mine]
    counts: NDArray[np.bool_] = np.logical_or.reduce([weight != 0 for weight in counting])
    return counts
