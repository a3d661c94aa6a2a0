"""What the formats of cells ask."""

from __future__ import annotations

from qtpy.QtWidgets import QCheckBox, QComboBox, QFormLayout, QWidget

from sketchcell.export.labels import OBJECT_TYPES, Options


class CellOptions(QWidget):
    """Shows what the chosen format asks, and nothing else."""

    def __init__(self) -> None:
        super().__init__()
        self.object_type = QComboBox()
        self.object_type.addItems([name.capitalize() for name in OBJECT_TYPES])
        self.object_type.setToolTip("What QuPath makes of a cell; only annotations are edited there by hand")
        self.measured = QCheckBox("With measurements: area, shape, intensities")
        self.measured.setChecked(True)
        self.polygons = QCheckBox("Polygons for cells without holes, not masks (run lengths)")
        self.polygons.setToolTip("Both are exact; some tools read only one of them")
        self.version = QComboBox()
        self.version.addItems(["0.5", "0.4"])
        self.version.setToolTip("0.4 for programs that do not read 0.5 (Zarr 3) yet")
        self.form = QFormLayout(self)
        self.form.setContentsMargins(0, 0, 0, 0)
        self.form.addRow("QuPath objects", self.object_type)
        self.form.addRow("Version", self.version)
        self.form.addRow(self.measured)
        self.form.addRow(self.polygons)

    def show_for(self, format: str) -> None:
        """Show what this format asks."""
        for widget, formats in (
            (self.object_type, ("geojson",)),
            (self.version, ("ome-zarr",)),
            (self.measured, ("geojson", "ome-zarr")),
            (self.polygons, ("coco",)),
        ):
            self.form.setRowVisible(widget, format in formats)

    @property
    def options(self) -> Options:
        """What is chosen."""
        return Options(
            OBJECT_TYPES[self.object_type.currentIndex()],
            bool(self.polygons.isChecked()),
            str(self.version.currentText()),
        )
