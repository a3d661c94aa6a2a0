"""SAM's weights under all the names that they go by, brought to those of our network."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from torch import Tensor

from sketchcell.errors import SketchcellError
from sketchcell.networks.encoders import SIZES, TinyViTSize, ViTSize

_ROOT = re.compile(r"(.*?)(?:image_encoder|vision_encoder)\.")
_TINY = "image_encoder.patch_embed.seq.0.c.weight"
_VIT = "vision_encoder.patch_embed.projection.weight"

# from the original's names to those of `transformers`, which our network has from there
_Rules = list[tuple[re.Pattern[str], str]]
_ENCODER_RULES: _Rules = [
    (re.compile(old), new)
    for old, new in (
        (r"^image_encoder\.", "vision_encoder."),
        (r"^(vision_encoder\.patch_embed)\.proj\.", r"\1.projection."),
        (r"^(vision_encoder)\.blocks\.", r"\1.layers."),
        (r"^(vision_encoder\.layers\.\d+)\.norm(\d)\.", r"\1.layer_norm\2."),
        (r"^(vision_encoder\.neck)\.0\.", r"\1.conv1."),
        (r"^(vision_encoder\.neck)\.1\.", r"\1.layer_norm1."),
        (r"^(vision_encoder\.neck)\.2\.", r"\1.conv2."),
        (r"^(vision_encoder\.neck)\.3\.", r"\1.layer_norm2."),
    )
]
_DECODER_RULES: _Rules = [
    (re.compile(old), new)
    for old, new in (
        (r"^(mask_decoder\.transformer\.layers\.\d+)\.norm(\d)\.", r"\1.layer_norm\2."),
        (r"^(mask_decoder\.transformer)\.norm_final_attn\.", r"\1.layer_norm_final_attn."),
        (r"^(mask_decoder)\.output_upscaling\.0\.", r"\1.upscale_conv1."),
        (r"^(mask_decoder)\.output_upscaling\.1\.", r"\1.upscale_layer_norm."),
        (r"^(mask_decoder)\.output_upscaling\.3\.", r"\1.upscale_conv2."),
        (r"^(mask_decoder\.output_hypernetworks_mlps\.\d+)\.layers\.0\.", r"\1.proj_in."),
        (r"^(mask_decoder\.output_hypernetworks_mlps\.\d+)\.layers\.1\.", r"\1.layers.0."),
        (r"^(mask_decoder\.output_hypernetworks_mlps\.\d+)\.layers\.2\.", r"\1.proj_out."),
        (
            r"^prompt_encoder\.pe_layer\.positional_encoding_gaussian_matrix$",
            "shared_image_embedding.positional_embedding",
        ),
    )
]
# what an empty prompt does not need, and what SAM says of its masks' quality
_NOT_NEEDED = re.compile(r"prompt_encoder\.(?!no_mask_embed)|mask_decoder\.iou_prediction_head\.")
_DECODER_HEADS = 8  # in every SAM; shapes do not tell


@dataclass(frozen=True)
class SamWeights:
    """Weights of a SAM, in the names of the network `sam`.

    Attributes
    ----------
    size
        Of the encoder.
    encoder
        By names within the encoder.
    decoder
        By names within the head ``full``; None where the file has no mask decoder.
    decoder_size
        The decoder's ``depth``, ``heads`` and ``mlp``.
    unused
        How many tensors belong to nothing that is known here.
    """

    size: ViTSize | TinyViTSize
    encoder: dict[str, Tensor]
    decoder: dict[str, Tensor] | None
    decoder_size: dict[str, int]
    unused: int


def is_sam(state: Mapping[str, Tensor]) -> bool:
    """Tell whether weights have the names of SAM's, in any of its layouts."""
    own = _without_root(state)
    return _TINY in own or "vision_encoder.pos_embed" in own or "image_encoder.pos_embed" in own


def read_sam(state: Mapping[str, Tensor]) -> SamWeights:
    """Sort weights in the layout of `segment_anything`, of `transformers`, or of MobileSAM.

    Parameters
    ----------
    state
        For which `is_sam` is true; names may have a common prefix.

    Raises
    ------
    SketchcellError
        When something is missing.
    """
    own = _without_root(state)
    tiny = _TINY in own
    rules = [] if _VIT in own else _DECODER_RULES if tiny else _ENCODER_RULES + _DECODER_RULES
    named = {_rename(key, rules): tensor for key, tensor in own.items()}
    try:
        size = _tiny_vit_size(named) if tiny else _vit_size(named)
        decoder_size = _decoder_size(named)
        decoder = _decoder(named) if decoder_size else None
    except (KeyError, IndexError, ZeroDivisionError) as error:
        raise SketchcellError(
            f"These weights look like those of a SAM, but {error} is missing; use a complete file."
        ) from error
    root = "image_encoder." if tiny else "vision_encoder."
    encoder = {
        key.removeprefix(root) if tiny else f"model.{key}": tensor
        for key, tensor in named.items()
        if key.startswith(root)
    }
    left = [key for key in named if not key.startswith((root, "mask_decoder.")) and not _known(key)]
    return SamWeights(size, encoder, decoder, decoder_size, len(state) - len(own) + len(left))


def _without_root(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Return the weights that share a prefix with the encoder's, without it."""
    found = next(filter(None, (_ROOT.match(key) for key in state)), None)
    root = "" if found is None else found[1]
    return {key.removeprefix(root): tensor for key, tensor in state.items() if key.startswith(root)}


def _rename(key: str, rules: _Rules) -> str:
    for old, new in rules:
        key = old.sub(new, key)
    return key


def _known(key: str) -> bool:
    return key.startswith(("prompt_encoder.", "shared_image_embedding."))


def _decoder(named: Mapping[str, Tensor]) -> dict[str, Tensor]:
    root = "mask_decoder."
    decoder = {
        f"decoder.{key.removeprefix(root)}": tensor
        for key, tensor in named.items()
        if key.startswith(root) and not _NOT_NEEDED.match(key)
    }
    decoder["no_mask"] = named["prompt_encoder.no_mask_embed.weight"].flatten()
    # one tensor of two names, of which safetensors keep one
    shared = named.get("prompt_encoder.shared_embedding.positional_embedding")
    decoder["frequencies"] = (
        named["shared_image_embedding.positional_embedding"] if shared is None else shared
    )
    return decoder


def _vit_size(named: Mapping[str, Tensor]) -> ViTSize:
    root = "vision_encoder."
    width, _, patch, _ = named[_VIT].shape
    cells = named[f"{root}pos_embed"].shape[1]
    depth = _count(named, rf"{root}layers\.(\d+)\.")
    spans = [named[f"{root}layers.{layer}.attn.rel_pos_h"] for layer in range(depth)]
    sides = [(len(span) + 1) // 2 for span in spans]
    return ViTSize(
        image_size=cells * patch,
        patch=patch,
        width=width,
        depth=depth,
        heads=width // spans[0].shape[1],
        mlp=len(named[f"{root}layers.0.mlp.lin1.weight"]),
        attention_window=next((side for side in sides if side != cells), cells),
        global_layers=tuple(layer for layer, side in enumerate(sides) if side == cells),
        channels=len(named[f"{root}neck.conv1.weight"]),
    )


def _tiny_vit_size(named: Mapping[str, Tensor]) -> TinyViTSize:
    root = "image_encoder."
    stem = named[_TINY].shape[-1]
    stages = _count(named, rf"{root}layers\.(\d+)\.")
    depths = [_count(named, rf"{root}layers\.{stage}\.blocks\.(\d+)\.") for stage in range(stages)]
    widths = [len(named[f"{root}patch_embed.seq.2.c.weight"])]
    widths += [len(named[f"{root}layers.{stage}.downsample.conv1.c.weight"]) for stage in range(stages - 1)]
    biases = [named[f"{root}layers.{stage}.blocks.0.attn.attention_biases"] for stage in range(1, stages)]
    # a stem that keeps the resolution is LiteMedSAM's, which was trained on smaller images of another range
    similar = SIZES["mobile-sam" if stem > 1 else "lite-medsam"]
    return TinyViTSize(
        image_size=similar.image_size,
        stem=stem,
        widths=tuple(widths),
        depths=tuple(depths),
        heads=tuple(len(bias) for bias in biases),
        windows=tuple(round(bias.shape[1] ** 0.5) for bias in biases),
        channels=len(named[f"{root}neck.0.weight"]),
        mean=similar.mean,
        deviation=similar.deviation,
    )


def _decoder_size(named: Mapping[str, Tensor]) -> dict[str, Any]:
    """Return the mask decoder's size; nothing if there is none."""
    if "mask_decoder.mask_tokens.weight" not in named:
        return {}
    return {
        "depth": _count(named, r"mask_decoder\.transformer\.layers\.(\d+)\."),
        "heads": _DECODER_HEADS,
        "mlp": len(named["mask_decoder.transformer.layers.0.mlp.lin1.weight"]),
    }


def _count(named: Mapping[str, Tensor], pattern: str) -> int:
    """Return how many numbers a pattern finds at the beginning of names."""
    return len({found[1] for key in named if (found := re.match(pattern, key))})
