"""SAM's parts in the library `transformers`, which is optional and imported when it is needed."""

from __future__ import annotations

from types import SimpleNamespace

from sketchcell.errors import SketchcellError


def sam_library() -> SimpleNamespace:
    """Return the classes of `transformers` that SAM is built from.

    Raises
    ------
    SketchcellError
        When it is not installed.
    """
    try:
        from transformers import SamMaskDecoderConfig, SamVisionConfig, SamVisionModel
        from transformers.models.sam.modeling_sam import SamMaskDecoder
    except ImportError as error:
        raise SketchcellError(
            'SAM networks need the library transformers; run pip install "napari-sketchcell[sam]".'
        ) from error
    return SimpleNamespace(
        SamVisionModel=SamVisionModel,
        SamVisionConfig=SamVisionConfig,
        SamMaskDecoder=SamMaskDecoder,
        SamMaskDecoderConfig=SamMaskDecoderConfig,
    )
