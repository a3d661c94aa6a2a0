"""What a learner begins with: a sketch for each image, and the description of a model to come."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from importlib.metadata import PackageNotFoundError, version

import numpy as np
from numpy.typing import NDArray

from sketchcell.errors import SketchcellError
from sketchcell.families import Family
from sketchcell.learning.settings import FitSettings
from sketchcell.model import Model, ModelConfig
from sketchcell.sketch import Sketch


def require_sketches(images: Sequence[NDArray[np.generic]], sketches: Sequence[Sketch]) -> None:
    """Raise SketchcellError unless there is a sketch for each of one or more images."""
    for sketch in sketches:
        if not isinstance(sketch, Sketch):
            raise SketchcellError(
                f"A sketch is of the type {type(sketch).__name__}; make it from labels with "
                "sketchcell.Sketch(labels)."
            )
    if len(images) != len(sketches) or not len(images):
        raise SketchcellError(
            f"There are {len(images)} images and {len(sketches)} sketches; give a sketch for each image."
        )


def require_start(init: Model | None, settings: FitSettings) -> None:
    """Raise SketchcellError unless a start is a model of the family that is to be learned, or None."""
    if init is not None and not isinstance(init, Model):
        raise SketchcellError(
            f"The start model is of the type {type(init).__name__}; load it with sketchcell.load_model."
        )
    if init is not None and init.config.family != settings.family:
        raise SketchcellError(
            f"The start model is of the family '{init.config.family}', not '{settings.family}'; use that."
        )


def first_config(settings: FitSettings, init: Model | None, family: Family, params: object) -> ModelConfig:
    """Return the start model's description with other parameters, or a new one."""
    if init is not None:
        options = init.config.network_options | dict(settings.network_options)
        return replace(init.config, params=params, network_options=options)
    normalization = family.normalization(params)
    return ModelConfig(
        settings.family,
        params,
        settings.network,
        0,
        normalization,
        network_options=dict(settings.network_options),
    )


def program() -> str:
    """Return this program's name and version."""
    try:
        return f"sketchcell {version('napari-sketchcell')}"
    except PackageNotFoundError:
        return "sketchcell unknown"
