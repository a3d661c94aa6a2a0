"""From an image that was just opened to a network that has stopped improving."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

from pictures.stage import Picture, beside, grab, live, stage, wait_until
from sketchcell.ui.export_dialog import ExportDialog
from sketchcell.ui.tour import Tour

_STEPS = 120
_PATIENCE = 900  # seconds until it must have stopped improving


def before_strokes() -> Picture:
    """An image that was just opened, and what the prior finds in it."""
    with stage() as on:
        on.open_sample(strokes=False)
        return on.picture()


def learning() -> Picture:
    """Strokes, the cells that follow from them, and the dock while it learns."""
    with stage(1280, 860) as on:
        on.open_sample()
        on.state.learn = True
        wait_until(lambda: on.state.step is not None and on.state.step.number >= _STEPS)
        wait_until(lambda: on.state.found is not None)
        return on.picture()


def trust() -> Picture:
    """The curve with accuracy and the best moment, after it has stopped improving."""
    with stage() as on:
        on.open_sample()
        on.state.learn = True
        wait_until(lambda: "stopped improving" in on.state.message, _PATIENCE)
        return on.step(3)


def dock() -> Picture:
    """All four steps, dark and light."""
    with stage() as on:
        on.open_sample()
        on.use_taught()
        dark = on.whole_dock()
        on.viewer.theme = "light"
        return beside(dark, on.whole_dock())


def light() -> Picture:
    """A light window with the cells as outlines."""
    with stage() as on:
        on.viewer.theme = "light"
        on.open_sample()
        on.use_taught()
        on.state.outlines = True
        return on.picture()


def tour() -> Picture:
    """The second stop of the tour."""
    with stage() as on:
        on.open_sample(strokes=False)
        on.dock.help_panel.tour.click()
        wait_until(lambda: on.window.findChild(Tour) is not None)
        on.window.findChild(Tour).go_on()
        return on.picture(on.view, on.dock)


def export() -> Picture:
    """Cells that were written for QuPath, and a model that is described for others."""
    with stage() as on, TemporaryDirectory() as folder:
        on.open_sample()
        on.use_taught()
        dialog = ExportDialog(on.window, on.state, on.dock.exporter, on.dock.exports, on.dock.settings)
        dialog.choose("cells", "geojson")
        dialog.show()
        dialog.export_to(Path(folder) / "nuclei_cells.geojson")
        wait_until(lambda: on.dock.exports.written is not None)
        dialog.note.setText(dialog.note.text().replace(f"{folder}/", ""))
        live(0.2)
        cells = grab(dialog)
        on.dock.exports.written = None
        dialog.choose("model", "bioimageio")
        dialog.about_form.title.setText("Nuclei in fluorescence")
        dialog.about_form.authors.setPlainText("Ada Lovelace; Analytical Engines")
        live(0.2)
        return beside(cells, grab(dialog))
