"""What a person says about the cells that were found, and where it is asked for."""

from __future__ import annotations

from qtpy.QtCore import Qt
from skimage.draw import disk

from pictures.stage import Picture, Stage, below, beside, live, stage, wait_until
from sketchcell.samples import load_sample
from sketchcell.ui.frame import whole

_ZOOM = 8.0
_SIDE = 300
_RIGHT_CELL, _FALSE_CELL = (79.0, 192.0), (60.0, 100.0)
_WHOLE_CELL = (143.0, 194.0)
_UPPER, _LOWER, _TOUCH = 53, 52, (121.0, 153.0)
_LINE = ((118.0, 139.0), (120.0, 148.0), (122.0, 157.0), (124.0, 167.0))


def corrections() -> Picture:
    """Accept, reject and split: above before, below after."""
    with stage() as on:
        on.open_sample(strokes=False)
        cells = load_sample().truth.copy()
        cells[cells == _UPPER] = _LOWER
        cells[disk(_FALSE_CELL, 8, shape=cells.shape)] = cells.max() + 1
        on.dock.results.corrected(on.state.spot, cells, whole(cells.shape))
        accepted = _point_and_press(on, _RIGHT_CELL, Qt.Key.Key_A)
        rejected = _point_and_press(on, _FALSE_CELL, Qt.Key.Key_X)
        on.look_at(_TOUCH, _ZOOM)
        on.press(Qt.Key.Key_S)
        on.drag(*_LINE, _LINE[-1], release=False)
        before = _middle(on)
        on.release(_LINE[-1])
        return beside(accepted, rejected, below(before, _middle(on)))


def _point_and_press(on: Stage, at: tuple[float, float], key: Qt.Key) -> Picture:
    on.look_at(at, _ZOOM)
    before = _middle(on)
    on.point(at)
    on.press(key)
    return below(before, _middle(on))


def _middle(on: Stage) -> Picture:
    picture = on.picture(on.canvas)
    top, left = (length // 2 - _SIDE // 2 for length in picture.shape[:2])
    return picture[top : top + _SIDE, left : left + _SIDE]


def teaches() -> Picture:
    """Where the strokes determine the distance to the edge."""
    with stage() as on:
        on.open_sample()
        on.use_taught()
        on.state.layers.instances.visible = False
        on.look_at(_WHOLE_CELL, 6.0)
        strokes = _middle(on)
        on.state.known = True
        live(1.5)
        return beside(strokes, _middle(on))


def taught() -> Picture:
    """The targets that follow from the strokes."""
    with stage() as on:
        on.open_sample()
        on.use_taught()
        on.state.layers.instances.visible = False
        on.state.taught = True
        live(4)
        return on.picture()


def raw_maps() -> Picture:
    """What the network says before it is turned into cells."""
    with stage() as on:
        on.open_sample()
        on.state.raw_maps = True
        on.use_taught()
        on.state.layers.instances.visible = False
        live(1)
        return on.picture()


def hints() -> Picture:
    """Doubtful places as a list and as a layer."""
    with stage() as on:
        on.open_sample()
        on.use_taught()
        on.dock.doubt.ask()
        wait_until(lambda: on.state.hints)
        on.fold(1)
        on.look_at()
        on.state.layers.instances.visible = False
        return on.picture(on.view, on.dock)


def confidence() -> Picture:
    """Cells in the colour of their confidence."""
    with stage() as on:
        on.open_sample()
        on.use_taught()
        on.state.by_confidence = True
        wait_until(lambda: on.state.confidence is not None)
        on.state.layers.sketch.visible = False
        return on.picture(on.view)
