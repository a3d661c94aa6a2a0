"""Image files, array layout and intensity normalisation: the bottom layer that all others stand on."""

from sketchcell.images.calibration import Calibration
from sketchcell.images.label_tiff import highest_label
from sketchcell.images.layout import MAX_CHANNELS, as_channels, finite_channels
from sketchcell.images.normalization import Limits, Normalization, sampling_step
from sketchcell.images.opening import Opened, looks_like_image, open_image, scene_names
from sketchcell.images.origin import is_ours
from sketchcell.images.planes import Planes
from sketchcell.images.reading import read_image, read_label_stack, read_labels, read_mask
from sketchcell.images.writing import (
    check_writable,
    write_atomically,
    write_label_stack,
    write_labels,
    write_png,
)

__all__ = [
    "MAX_CHANNELS",
    "Calibration",
    "Limits",
    "Normalization",
    "Opened",
    "Planes",
    "as_channels",
    "check_writable",
    "finite_channels",
    "highest_label",
    "is_ours",
    "looks_like_image",
    "open_image",
    "read_image",
    "read_label_stack",
    "read_labels",
    "read_mask",
    "sampling_step",
    "scene_names",
    "write_atomically",
    "write_label_stack",
    "write_labels",
    "write_png",
]
