"""Many images, large ones, and what comes back after an accident."""

from __future__ import annotations

import os
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from unittest import mock

import imageio.v3 as iio
import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from pictures.stage import Picture, Stage, below, grab, live, stage, wait_until
from sketchcell.large import plan
from sketchcell.pretrained.prior import prior_model
from sketchcell.project import unsaved_folder
from sketchcell.samples import load_sample
from sketchcell.ui.batch_dialog import BatchDialog
from sketchcell.ui.shortcuts_page import ShortcutsPage
from sketchcell.ui.state import Tool

_SIDE = 128
_ACCIDENT = datetime(2026, 3, 14, 9, 26).timestamp()


def project() -> Picture:
    """Four images of one project, each in another state."""
    with TemporaryDirectory() as folder, stage() as on:
        on.dock.projects.add_files(_fields(Path(folder)))
        wait_until(lambda: len(on.dock.projects.entries) == 4 and on.state.layers is not None)
        first, second, third, _ = (entry.id for entry in on.dock.projects.entries)
        on.dock.projects.save_as(Path(folder) / "nuclei")
        wait_until(lambda: on.state.found is not None)
        on.dock.projects.set_state("approved", first)
        on.dock.projects.set_state("segmented", second)
        on.dock.projects.go(third)
        wait_until(lambda: on.state.entry == third and on.state.layers is not None)
        on.look_at()
        _paint_two_strokes(on)
        live(3)
        return on.picture(on.view, on.dock)


def batch() -> Picture:
    """Twelve images being segmented, one of them broken."""
    with TemporaryDirectory() as place, stage() as on:
        folder = Path(place) / "plate 1"
        folder.mkdir()
        for number in range(12):
            iio.imwrite(folder / f"well B{number + 1:02}.tif", np.rot90(load_sample().image, number % 4))
        (folder / "well B03.tif").write_bytes(b"II*\0")
        on.state.model = prior_model("flow", 1)
        dialog = BatchDialog(on.window, on.state, on.dock.batch, on.viewer)
        dialog.show()
        dialog.add([folder])
        wait_until(lambda: len(dialog.images) == 12)
        dialog.form.output.setText(str(folder.parent / "cells"))
        (folder.parent / "cells").mkdir()
        dialog.form.start.click()
        wait_until(lambda: len(on.dock.batch.outcomes) >= 5)
        picture = grab(dialog)
        on.dock.batch.cancel()
        dialog.close()
        return picture


def large() -> Picture:
    """A slide of which a part is done; it is a small one, in small blocks."""
    nuclei = load_sample().image
    across = np.hstack([nuclei[:, ::way] for way in (1, -1) * 5])
    slide = np.vstack([across[::way] for way in (1, -1) * 4])
    with TemporaryDirectory() as folder, stage(1280, 860) as on:
        on.state.start = "random"  # no first look
        on.viewer.add_image(slide, name="slide", contrast_limits=(0, 120))
        with mock.patch.object(plan, "BLOCK", 256):
            on.state.model = prior_model("flow", 1)
            on.dock.large_image.start(Path(folder) / "cells.zarr")
            wait_until(lambda: "cells of slide" in on.viewer.layers and on.state.progress > 0.3)
        on.look_at()
        return on.picture()


def _fields(folder: Path) -> list[Path]:
    """Write the quarters of the sample as files."""
    image, paths = load_sample().image, []
    for number in range(4):
        top, left = _SIDE * (number // 2), _SIDE * (number % 2)
        paths.append(folder / f"field {number + 1}.tif")
        iio.imwrite(paths[-1], image[top : top + _SIDE, left : left + _SIDE])
    return paths


def _paint_two_strokes(on: Stage) -> None:
    for tool, places in ((Tool.OBJECT, _ON_CELL), (Tool.BACKGROUND, _ON_BACKGROUND)):
        on.dock.workbench.use(tool)
        on.drag(*places)
    on.dock.scribe.flush()


_ON_CELL = ((61.0, 20.0), (61.0, 29.0))
_ON_BACKGROUND = ((20.0, 60.0), (20.0, 68.0))


def restore() -> Picture:
    """Strokes of an earlier session, offered again."""
    with stage() as on:
        on.open_sample()
        wait_until(lambda: on.state.project.entry(on.state.entry).sha256)
        on.dock.scribe.flush()
    for folder in unsaved_folder().iterdir():
        os.utime(folder, (_ACCIDENT, _ACCIDENT))
    with stage() as on:
        on.open_sample(strokes=False)
        wait_until(lambda: on.dock.recovery.offer)
        picture = on.step(1)
        on.dock.recovery.discard()
    return picture


def stack() -> Picture:
    """A stack of planes, segmented and joined in depth."""
    with stage() as on:
        on.viewer.add_image(_simulated_stack(), name="stack", scale=(2, 1, 1))
        wait_until(lambda: on.state.found is not None)
        on.state.link = "z"
        on.fold(2, 3)
        on.segment()
        on.viewer.dims.set_point(0, 2 * 10)
        live(1)
        return on.picture(on.view, on.dock)


def _simulated_stack() -> NDArray[np.uint8]:
    """Return ellipsoids with blur and noise: 20 planes of 160 × 160."""
    rng = np.random.default_rng(0)
    z, y, x = np.ogrid[:20, :160, :160]
    stack = np.zeros((20, 160, 160))
    for row in range(16, 160, 26):
        for column in range(16, 160, 26):
            depth, width = rng.uniform(5, 15), rng.uniform(8, 13)
            here = ((z - depth) / 4.5) ** 2 + ((y - row - rng.uniform(-4, 4)) / width) ** 2
            here = here + ((x - column - rng.uniform(-4, 4)) / rng.uniform(8, 13)) ** 2
            stack = np.maximum(stack, (here < 1) * rng.uniform(90, 200))
    blurred = ndimage.gaussian_filter(stack, (0.7, 1.2, 1.2))
    return np.clip(blurred + rng.normal(20, 6, stack.shape), 0, 255).astype(np.uint8)


def channels() -> Picture:
    """Which channels are learned from."""
    with stage() as on:
        image = load_sample().image
        around = ndimage.gaussian_filter(image, 4)
        on.viewer.add_image(np.stack([image, around]), name="two channels")
        on.dock.workbench.start()
        button = on.dock.image_panel.channels
        button.menu().actions()[1].setChecked(False)
        menu = button.menu()  # made anew by the choice
        menu.ensurePolished()
        menu.resize(menu.sizeHint())
        return below(on.step(1), grab(menu))


def box() -> Picture:
    """A box that is learned in."""
    with stage() as on:
        on.open_sample()
        on.dock.workbench.use(Tool.REGION)
        on.drag((60.0, 60.0), (190.0, 200.0))
        on.fold(1, 2)
        return on.picture(on.view, on.dock)


def shortcuts() -> Picture:
    """The page of keys."""
    with stage() as on:
        on.dock.help_panel.keys.click()
        wait_until(lambda: on.window.findChild(ShortcutsPage) is not None)
        page = on.window.findChild(ShortcutsPage)
        live(0.3)
        return grab(page)
