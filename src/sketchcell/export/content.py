"""What goes into an export, whatever its format."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sketchcell.export.about import About
from sketchcell.model import Model

KEY = "sketchcell"
"""Under which formats keep our own description."""


@dataclass(frozen=True, eq=False)
class Content:
    """A model to be exported.

    Attributes
    ----------
    model
        On the processor, nobody else's.
    files
        Those of its model folder, by name.
    about
        For people.
    image
        To try it with: float32 (C, H, W), with its own intensities.
    decoder
        Whether instance labels are an output beside the maps.
    normalised
        Whether it takes images that are normalised already.
    """

    model: Model
    files: dict[str, bytes]
    about: About
    image: NDArray[np.float32]
    decoder: bool
    normalised: bool

    @property
    def channels(self) -> tuple[str, ...]:
        """Names of the maps."""
        return self.model.family.channels(self.model.config.params)

    @property
    def outputs(self) -> tuple[str, ...]:
        """Names of the outputs."""
        return ("maps", "labels") if self.decoder else ("maps",)

    def described(self) -> dict[str, Any]:
        """Return all that is known of it, as JSON holds it."""
        normalization = self.model.config.normalization
        percentiles = f"percentiles {normalization.low:g} and {normalization.high:g} of each channel"
        contrast = ", then CLAHE (skimage.exposure.equalize_adapthist)" if normalization.clahe else ""
        return {
            "input": {
                "name": "image",
                "shape": [1, self.model.config.image_channels, "height", "width"],
                "type": "float32",
                "intensities": f"{percentiles} made 0 and 1{contrast}" if self.normalised else "any",
            },
            "outputs": list(self.outputs),
            "maps": list(self.channels),
            "about": asdict(self.about),
            "model": json.loads(self.files["config.json"]),
        }

    def metadata(self) -> str:
        """Return `described` as text."""
        return json.dumps(self.described(), ensure_ascii=False)
