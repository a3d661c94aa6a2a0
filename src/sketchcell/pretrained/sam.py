"""Models from weights of Segment Anything: SAM, SAMCell, micro-sam, MobileSAM, LiteMedSAM."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from sketchcell.errors import SketchcellError
from sketchcell.families import get_family
from sketchcell.model import Model, ModelConfig
from sketchcell.networks import build_network, place
from sketchcell.networks.encoders import TinyViTSize, describe_size
from sketchcell.networks.sam_heads import EncoderMode, Head
from sketchcell.pretrained.imported import Imported
from sketchcell.pretrained.sam_layout import SamWeights, is_sam, read_sam

FORMAT = "SAM without prompts (SAM itself, SAMCell, micro-sam, MobileSAM, LiteMedSAM)"
"""What this module knows, for lists and complaints."""

# a map of the family `distance` is sigmoid(4 · output − 2), SAMCell's is sigmoid(mask)
_SAMCELL_SCALE, _SAMCELL_SHIFT = 0.25, 0.5
_SAMCELL_PARAMS: Mapping[str, Any] = {
    "peak_threshold": 0.47,
    "fill_threshold": 0.09,
    "parting": 0.0,
    "speck_size": 0.0,
    "clahe": True,
}

_LEARNS: Mapping[EncoderMode, str] = {
    "full": "all of it learns",
    "lora": "it learns by low rank",
    "frozen": "it does not learn",
}


def recognises(state: Mapping[str, Tensor]) -> bool:
    """Tell whether these are weights of a SAM that `import_weights` knows."""
    return is_sam(state)


def import_weights(
    state: Mapping[str, Tensor],
    source: str,
    *,
    family: str = "distance",
    params: Any = None,
    samcell: bool | None = None,
    head: Head | None = None,
    encoder: EncoderMode | None = None,
    rank: int = 8,
    window: int = 256,
    image_channels: int = 1,
) -> Imported:
    """Return a model that begins with a SAM's weights.

    SAMCell's weights are those of a SAM whose mask 0 is a distance map: they have its names and shapes. What
    they are has to be said.

    Parameters
    ----------
    state
        Weights in the layout of `segment_anything`, `transformers` or MobileSAM.
    source
        What they are called, such as the file's name.
    family, params
        What maps to begin; params None are the family's defaults. Of SAMCell's weights, the family is always
        `distance`, and the defaults are its thresholds.
    samcell
        Whether the weights are SAMCell's, and the model can segment at once. None: if the name says so.
    head
        ``full`` (SAM's mask decoder) or ``cut`` (a light head with random weights, of torch's global
        generator); None: ``full`` for SAMCell's weights, else ``cut``.
    encoder
        How much of the encoder learns: ``full``, ``lora``, ``frozen``; None: ``full`` for SAMCell's weights,
        else ``frozen``.
    rank
        Of ``lora``.
    window
        Side of what the network sees at once, in working pixels.
    image_channels
        Of the images to come.

    Returns
    -------
    Imported
        Notes tell what was taken, and what begins anew.

    Raises
    ------
    SketchcellError
        When the weights are incomplete, or do not fit what is asked for.
    """
    weights = read_sam(state)
    guessed = samcell is None
    if samcell is None:
        samcell = "samcell" in source.lower() and weights.decoder is not None
    if samcell and (family != "distance" or head == "cut" or weights.decoder is None):
        raise SketchcellError(
            "SAMCell's weights are a distance map drawn by SAM's mask decoder; import them with the family "
            "'distance' and the head 'full', or as those of a SAM (samcell=False)."
        )
    head = head or ("full" if samcell else "cut")
    if head == "full" and weights.decoder is None:
        raise SketchcellError(
            "There is no mask decoder among these weights; import them with the head 'cut'."
        )
    encoder = encoder or ("full" if samcell else "frozen")
    chosen = get_family(family)
    if params is None:
        params = chosen.Params(**(_SAMCELL_PARAMS if samcell else {}))
    options = _options(weights, head, encoder, rank, window)
    config = ModelConfig(
        family=chosen.name,
        params=params,
        network="sam",
        network_options=options,
        image_channels=image_channels,
        normalization=chosen.normalization(params),
        provenance={"start": source, "kind": "SAMCell" if samcell else "SAM"},
    )
    network = build_network("sam", image_channels, len(chosen.channels(params)), chosen.learned, options)
    state, unused = _fill(network.state_dict(), weights, samcell=samcell)
    try:
        network.adopt(state)
    except RuntimeError as error:
        raise SketchcellError(
            "These weights look like those of a SAM, but do not fit one; use a complete file of SAM itself, "
            "of SAMCell, micro-sam, MobileSAM or LiteMedSAM."
        ) from error
    notes = _notes(weights, head, encoder, samcell, maybe_samcell=guessed and not samcell)
    if unused:
        notes.append(f"{unused} tensors that this network has no use for were left out.")
    return Imported(Model(config, place(network, "cpu")), tuple(notes))


def _options(weights: SamWeights, head: Head, encoder: EncoderMode, rank: int, window: int) -> dict[str, Any]:
    options: dict[str, Any] = {"variant": describe_size(weights.size), "head": head, "encoder": encoder}
    if encoder == "lora":
        options["rank"] = rank
    if head == "full":
        options["decoder"] = weights.decoder_size
    return options | {"window": window}


def _fill(own: Mapping[str, Tensor], weights: SamWeights, *, samcell: bool) -> tuple[dict[str, Tensor], int]:
    """Return a network's weights with those of a file in their places, and how many had none."""
    anew = ("head.scale", "head.shift", "learned.") if "head.scale" in own else ("head.", "learned.")
    state = {key: tensor for key, tensor in own.items() if key.startswith(anew)}
    state |= {f"encoder.{key}": tensor for key, tensor in weights.encoder.items()}
    unused = weights.unused
    tokens = own.get("head.decoder.mask_tokens.weight")
    if tokens is not None and weights.decoder is not None:
        decoder = _with_tokens(weights.decoder, len(tokens))
        fitting = {name: tensor for key, tensor in decoder.items() if (name := f"head.{key}") in own}
        unused += len(decoder) - len(fitting)
        state |= fitting
    if samcell:
        state["head.scale"] = torch.full_like(own["head.scale"], _SAMCELL_SCALE)
        state["head.shift"] = torch.full_like(own["head.shift"], _SAMCELL_SHIFT)
    return {key: tensor.to(own[key].dtype) if key in own else tensor for key, tensor in state.items()}, unused


def _with_tokens(decoder: Mapping[str, Tensor], wanted: int) -> dict[str, Tensor]:
    """Return a decoder's weights with more mask tokens, copies of those of the multimask output in turn."""
    tokens = decoder["decoder.mask_tokens.weight"]
    there = len(tokens)
    result = dict(decoder)
    if there < 2:
        return result
    copied = [1 + (token - 1) % (there - 1) for token in range(there, wanted)]
    result["decoder.mask_tokens.weight"] = torch.cat((tokens, tokens[copied]))
    networks = "decoder.output_hypernetworks_mlps"
    for token, copy in zip(range(there, wanted), copied, strict=True):
        root = f"{networks}.{copy}."
        for key, tensor in decoder.items():
            if key.startswith(root):
                result[f"{networks}.{token}.{key.removeprefix(root)}"] = tensor
    return result


def _notes(
    weights: SamWeights, head: Head, encoder: EncoderMode, samcell: bool, *, maybe_samcell: bool
) -> list[str]:
    size = describe_size(weights.size)
    name = size if isinstance(size, str) else str(size["kind"])
    notes = [f"The image encoder ({name}) is taken as it is; {_LEARNS[encoder]}."]
    if samcell:
        notes.append(
            "The mask decoder is taken as it is: mask 0 is SAMCell's distance map, ready to segment."
        )
    elif head == "full":
        notes.append("The mask decoder begins as SAM's, whose masks are not yet maps: it has to learn.")
    else:
        notes.append("The head that draws maps begins anew: the model has to learn before it can segment.")
    # SAMCell is made from SAM itself, not from its small relatives
    if maybe_samcell and weights.decoder is not None and not isinstance(weights.size, TinyViTSize):
        notes.append("If these are SAMCell's weights, import them with samcell=True.")
    return notes
