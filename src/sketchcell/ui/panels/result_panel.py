"""The cells that were found, and how to see them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
from napari.layers import Labels
from qtpy.QtWidgets import QCheckBox, QFileDialog, QGridLayout, QLabel, QPushButton

from sketchcell.errors import SketchcellError
from sketchcell.ui.areas import areas_of
from sketchcell.ui.fitting import Fitter
from sketchcell.ui.large_image import LargeImage
from sketchcell.ui.notify import tell
from sketchcell.ui.panels.chooser import chooser, follow
from sketchcell.ui.panels.params_form import ParamsForm
from sketchcell.ui.panels.progress_row import ProgressRow
from sketchcell.ui.panels.section import Section, row, sentence
from sketchcell.ui.panels.size_plot import SizePlot
from sketchcell.ui.params import with_defaults
from sketchcell.ui.results import Results
from sketchcell.ui.state import State

_LINKS = {
    "no": "each plane on its own",
    "z": "cells of neighbouring planes become one cell in 3D",
    "time": "a cell keeps its number from frame to frame",
}


class ResultPanel(Section):
    """Counts, thresholds, and the whole image.

    Parameters
    ----------
    state, results, large, fitter
        As everywhere.
    on_measure
        Shows the table of cells.
    """

    def __init__(
        self,
        state: State,
        results: Results,
        large: LargeImage,
        fitter: Fitter,
        on_measure: Callable[[], None],
    ) -> None:
        super().__init__()
        self._state, self._results, self._large, self._fitter = state, results, large, fitter
        self.count = QLabel()
        self.count.setStyleSheet("font-size: 12pt;")
        self.form = ParamsForm(state, "decode")
        self.fit = QPushButton("Fit to my strokes")
        self.fit.setToolTip("Move the sliders to where the cells agree best with what you have painted")
        self.reset = QPushButton("Reset")
        self.reset.setToolTip("Move the sliders back to their usual places")
        self.outlines = QCheckBox("Outlines")
        self.outlines.setToolTip("Show where cells end instead of filling them")
        self.raw_maps = QCheckBox("Raw maps")
        self.raw_maps.setToolTip("Show what the network itself says, one layer a map")
        self.taught = QCheckBox("Taught maps")
        self.taught.setToolTip(
            "Show what your strokes teach the network where you look, and how much each pixel counts: "
            "one layer each, named 'taught: …'"
        )
        self.known = QCheckBox("What strokes teach")
        self.known.setToolTip(
            "Green: the distance to the cell's edge is known, so the shape is learned. Orange: only that "
            "it is a cell or background. Paint up to an edge, or accept cells, to turn orange into green"
        )
        self.by_confidence = QCheckBox("By confidence")
        self.by_confidence.setToolTip("Colour cells by how sure the network is of each: dark is unsure")
        self.sizes = SizePlot()
        self.link = chooser(_LINKS, explained=True)
        follow(self.link, state, "link")
        self.link_label = QLabel("Join")
        self.link_label.setToolTip(self.link.toolTip())
        self.whole = QPushButton("Segment whole image")
        self.whole.setToolTip("Find the cells in the whole image, also where you are not looking")
        self.measure = QPushButton("Measure cells…")
        self.measure.setToolTip("Show a table of the cells: size, shape, brightness; with plots, to save")
        self.progress = ProgressRow(
            "How much of the image is segmented",
            "Stop segmenting; the cells stay as they are",
            self._on_cancel,
        )
        self.bar, self.cancel = self.progress.bar, self.progress.cancel
        self.add(self.count)
        self.add(self.form)
        self.add(row(self.fit, self.reset, stretch=0))
        ways = QGridLayout()
        for number, box in enumerate(
            (self.outlines, self.by_confidence, self.known, self.taught, self.raw_maps)
        ):
            ways.addWidget(box, number // 2, number % 2)
        self.add(ways)
        self.legend = sentence("Cells by confidence: dark violet is unsure, yellow is sure.", small=True)
        self.add(self.legend)
        self.add(self.sizes)
        self.add(row(self.link_label, self.link, stretch=1))
        self.add(self.whole)
        self.add(self.progress)
        self.add(self.measure)

        self.outlines.toggled.connect(self._on_outlines)
        self.raw_maps.toggled.connect(self._on_raw_maps)
        self.taught.toggled.connect(self._on_taught)
        self.known.toggled.connect(self._on_known)
        self.by_confidence.toggled.connect(self._on_by_confidence)
        self.fit.clicked.connect(self._on_fit)
        self.reset.clicked.connect(self._on_reset)
        self.whole.clicked.connect(self._on_whole)
        self.measure.clicked.connect(lambda: on_measure())
        events = state.events
        shown = (events.found, events.progress, events.model, events.layers, events.fitting)
        for event in (
            *shown,
            events.outlines,
            events.raw_maps,
            events.taught,
            events.known,
            events.by_confidence,
        ):
            event.connect(self._show)
        state.events.found.connect(self._show_sizes)
        state.events.layers.connect(self._show_sizes)
        self._show()
        self._show_sizes()

    def _show(self) -> None:
        state = self._state
        if state.found is None:
            self.count.setText("No cells yet")
        else:
            noun = "cell" if state.found.count == 1 else "cells"
            self.count.setText(
                f"{state.found.count:,} {noun} {'in the image' if state.found.whole else 'in view'}"
            )
        self.outlines.setChecked(state.outlines)
        self.raw_maps.setChecked(state.raw_maps)
        self.taught.setChecked(state.taught)
        self.known.setChecked(state.known)
        self.by_confidence.setChecked(state.by_confidence)
        self.legend.setVisible(state.by_confidence)
        stack = state.layers is not None and state.layers.frame.count > 1
        self.whole.setText("Segment all planes" if stack else "Segment whole image")
        self.link.setVisible(stack)
        self.link_label.setVisible(stack)
        self.fit.setEnabled(state.model is not None and state.layers is not None and not state.fitting)
        self.fit.setText("Fitting…" if state.fitting else "Fit to my strokes")
        ready = state.model is not None and state.image is not None
        self.whole.setEnabled(ready and state.progress is None)
        self.measure.setEnabled(state.layers is not None)
        self.progress.set_share(state.progress)

    def _show_sizes(self) -> None:
        layers, spot = self._state.layers, self._state.spot
        if layers is None or spot is None:
            self.sizes.set_areas([])
            return
        areas = areas_of(self._results.plane(layers, spot))
        pixel, unit = _pixel_size(layers.sketch)
        self.sizes.set_areas(areas[areas > 0] * pixel**2, unit)

    def _on_outlines(self, on: bool) -> None:
        self._state.outlines = on

    def _on_raw_maps(self, on: bool) -> None:
        self._state.raw_maps = on

    def _on_taught(self, on: bool) -> None:
        self._state.taught = on

    def _on_known(self, on: bool) -> None:
        self._state.known = on

    def _on_by_confidence(self, on: bool) -> None:
        self._state.by_confidence = on

    def _on_reset(self) -> None:
        self._state.params = with_defaults(self._state.params, "decode")

    def _on_fit(self) -> None:
        try:
            self._fitter.start()
        except SketchcellError as error:
            tell(error)

    def _on_whole(self) -> None:
        try:
            if self._large.is_needed and self._state.model is not None:
                self._segment_large()
            else:
                self._results.segment_whole()
        except SketchcellError as error:
            tell(error)

    def _segment_large(self) -> None:
        """Ask for a file: cells of a large image do not fit into memory."""
        name, _ = QFileDialog.getSaveFileName(
            self,
            "The image is large: its cells are written to a file while they are found",
            str(self._large.default_place),
            "OME-Zarr labels (*.zarr);;TIFF (*.tif)",
        )
        if name:
            path = Path(name)
            self._large.start(path if path.suffix else path.with_name(f"{path.name}.zarr"))

    def _on_cancel(self) -> None:
        self._results.cancel()
        self._large.cancel()


def _pixel_size(layer: Labels) -> tuple[float, str]:
    """Return the side of a pixel and its unit, as the layer has them; 1 px if it has none."""
    unit = f"{layer.units[-1]:~}" if hasattr(layer.units[-1], "dimensionality") else str(layer.units[-1])
    if unit in ("pixel", "px", ""):
        return 1.0, "px"
    return float(np.sqrt(abs(layer.scale[-1] * layer.scale[-2]))), unit
