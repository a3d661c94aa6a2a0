"""The papers' own ways to learn, by name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import log
from typing import Any

from sketchcell.errors import SketchcellError
from sketchcell.families import get_family
from sketchcell.learning.augment import Augmentation
from sketchcell.learning.settings import FitSettings


@dataclass(frozen=True)
class Preset:
    """A paper's configuration.

    Attributes
    ----------
    name, title
        The word for it, and what it is in one line.
    settings
        How to learn. What the paper leaves open, such as how long, is as always.
    """

    name: str
    title: str
    settings: FitSettings


_FLIPS = Augmentation(rotated=0.0, gain=0.0, shift=0.0, noise=0.0)
"""Flips and quarter turns, and nothing else."""


def _settings(family: str, params: Mapping[str, Any], **settings: Any) -> FitSettings:
    """Return settings of a paper: images and thresholds as they are, no warm-up unless said."""
    given: dict[str, Any] = {"warm_up": 0, "hold_out": 0.0, "rescale": False} | settings
    return FitSettings(family=family, params=get_family(family).Params(**params), **given)


def _multiclass(weighting: str, classes: int = 3) -> FitSettings:
    """Return the settings that the networks of Guerrero-Peña et al. (2018) share; the rate is U-Net's usual.

    The paper warps images as well; turns and flips stand for that.
    """
    return _settings(
        "multiclass",
        {"classes": classes, "weighting": weighting, "gamma1": 0.5, "parting": 2.0, "speck_size": 0.0},
        network="unet",
        learning_rate=1e-4,
        augmentation=Augmentation(rotated=1.0, gain=0.0, shift=0.0, noise=0.0),
    )


PRESETS: dict[str, Preset] = {
    preset.name: preset
    for preset in (
        Preset(
            "sketchpose",
            "flow on the network of Omnipose, as in Sketchpose (2025)",
            _settings(
                "flow", {}, network="omnipose", patch=224, batch=16, learning_rate=1e-3, augmentation=_FLIPS
            ),
        ),
        Preset(
            "samcell",
            "distance map as SAMCell (2025) learns it, on a U-Net",
            _settings(
                "distance",
                {"clahe": True, "peak_threshold": 0.47, "parting": 0.0, "speck_size": 0.0},
                network="unet",
                patch=256,
                batch=8,
                learning_rate=1e-4,
                weight_decay=0.1,
                schedule="linear",
                warm_up=250,
                patience=7,
                minimum_improvement=1e-4,
                hold_out=0.25,  # the loss of early stopping needs something to be measured on
                augmentation=Augmentation(
                    rotated=1.0, zoom=0.2, gain=log(1.05), shift=0.0, noise=0.0, inverted=0.5
                ),
            ),
        ),
        Preset(
            "sdf-paper",
            "signed distance on a wide U-Net, as in the Modified Hausdorff loss paper",
            _settings(
                "sdf",
                {"parting": 2.0, "speck_size": 0.0},
                network="unet-wide",
                patch=128,
                batch=16,
                learning_rate=1e-4,
                weight_decay=1e-3,
                schedule="constant",
                augmentation=Augmentation(rotated=1.0, noise=0.0),
            ),
        ),
        Preset("UNET2", "two classes, U-Net's weights (2018)", _multiclass("unet", 2)),
        Preset("UNET3", "three classes, U-Net's weights (2018)", _multiclass("unet")),
        Preset("FL", "three classes, focal loss (2018)", _multiclass("focal")),
        Preset("DWM", "three classes, distance-based weights (2018)", _multiclass("dwm")),
        Preset("SAW", "three classes, shape-aware weights (2018)", _multiclass("saw")),
    )
}


def get_preset(name: str) -> Preset:
    """Return a preset by its name.

    Raises
    ------
    SketchcellError
        When there is none of that name.
    """
    if name not in PRESETS:
        raise SketchcellError(f"There is no preset '{name}'; choose from {', '.join(PRESETS)}.")
    return PRESETS[name]


__all__ = ["PRESETS", "Preset", "get_preset"]
