"""How large the published encoders are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

from sketchcell.errors import SketchcellError

_Colours = tuple[float, float, float]
_MEAN: _Colours = (0.485, 0.456, 0.406)  # of ImageNet, red, green and blue
_DEVIATION: _Colours = (0.229, 0.224, 0.225)


def _require(fits: bool, name: str, what: str) -> None:
    if not fits:
        raise SketchcellError(f"An encoder's {name} must be {what}.")


@dataclass(frozen=True)
class ViTSize:
    """Of SAM's vision transformer (Kirillov et al. 2023).

    Attributes
    ----------
    image_size
        Side of its input, in pixels.
    patch
        Side of what becomes one cell of the embedding, in pixels of the input.
    width, depth, heads, mlp
        Of the transformer: channels, layers, heads of attention, hidden channels of the perceptrons.
    attention_window
        Side within which most layers attend, in cells.
    global_layers
        Those that attend to everything.
    channels
        Of the embedding.
    mean, deviation
        Of the colours it was trained on, in images whose intensities run from 0 to 1.
    """

    image_size: int = 1024
    patch: int = 16
    width: int = 768
    depth: int = 12
    heads: int = 12
    mlp: int = 3072
    attention_window: int = 14
    global_layers: tuple[int, ...] = (2, 5, 8, 11)
    channels: int = 256
    mean: _Colours = _MEAN
    deviation: _Colours = _DEVIATION

    def __post_init__(self) -> None:
        _require(self.image_size % self.patch == 0, "image_size", "a multiple of its patch")
        _require(self.width % self.heads == 0, "width", "a multiple of its heads")
        _require(self.channels % 16 == 0, "channels", "a multiple of 16")


@dataclass(frozen=True)
class TinyViTSize:
    """Of TinyViT (Wu et al. 2022), as MobileSAM made it an encoder of SAM's.

    Attributes
    ----------
    image_size
        Side of its input, in pixels.
    stem
        Side of the first convolutions: 3, which halve the resolution twice, or 1, which leave it as it is
        (LiteMedSAM).
    widths, depths
        Channels and blocks a stage; all stages but the last halve the resolution, the last but one does not.
    heads, windows
        Heads of attention, and the side within which it attends, for the stages after the first.
    channels
        Of the embedding.
    mean, deviation
        As for `ViTSize`.
    """

    image_size: int = 1024
    stem: int = 3
    widths: tuple[int, ...] = (64, 128, 160, 320)
    depths: tuple[int, ...] = (2, 2, 6, 2)
    heads: tuple[int, ...] = (4, 5, 10)
    windows: tuple[int, ...] = (7, 14, 7)
    channels: int = 256
    mean: _Colours = _MEAN
    deviation: _Colours = _DEVIATION

    def __post_init__(self) -> None:
        stages = len(self.widths)
        _require(stages > 1, "widths", "at least two numbers")
        _require(len(self.depths) == stages, "depths", "one number for each of its widths")
        for name in ("heads", "windows"):
            _require(
                len(getattr(self, name)) == stages - 1, name, "one number for each stage after the first"
            )
        whole = all(width % heads == 0 for width, heads in zip(self.widths[1:], self.heads, strict=True))
        _require(whole, "widths", "multiples of its heads")
        _require(self.widths[0] % 2 == 0, "widths", "an even number first")
        _require(self.channels % 16 == 0, "channels", "a multiple of 16")


Size = ViTSize | TinyViTSize

_KINDS: dict[str, type[Size]] = {"vit": ViTSize, "tiny-vit": TinyViTSize}
SIZES: dict[str, Size] = {
    "vit-b": ViTSize(),
    "vit-l": ViTSize(width=1024, depth=24, heads=16, mlp=4096, global_layers=(5, 11, 17, 23)),
    "vit-h": ViTSize(width=1280, depth=32, heads=16, mlp=5120, global_layers=(7, 15, 23, 31)),
    "mobile-sam": TinyViTSize(),
    "lite-medsam": TinyViTSize(image_size=256, stem=1, mean=(0.0, 0.0, 0.0), deviation=(1.0, 1.0, 1.0)),
}


def encoder_size(variant: str | Mapping[str, Any]) -> Size:
    """Return the size of that name, or of a description as `describe_size` gives it.

    Raises
    ------
    SketchcellError
        When there is no such size, or a description is not one.
    """
    if isinstance(variant, str):
        if variant not in SIZES:
            raise SketchcellError(f"There is no encoder '{variant}'; choose from {', '.join(SIZES)}.")
        return SIZES[variant]
    described = dict(variant) if isinstance(variant, Mapping) else {}
    kind = _KINDS.get(str(described.pop("kind", "")))
    if kind is None:
        raise SketchcellError(
            f"The encoder {variant!r} is not understood; give one of {', '.join(SIZES)}, or a description of "
            f"the kind {' or '.join(_KINDS)}."
        )
    defaults = {field.name: field.default for field in fields(kind)}
    for name, value in described.items():
        if name not in defaults or not _fits(value, defaults[name]):
            raise SketchcellError(f"An encoder cannot have the {name} {value!r}.")
    values: dict[str, Any] = {n: tuple(v) if isinstance(v, list) else v for n, v in described.items()}
    return kind(**values)


def describe_size(size: Size) -> str | dict[str, Any]:
    """Return the name of a published size, or a description that JSON can hold."""
    for name, known in SIZES.items():
        if size == known:
            return name
    kind = next(name for name, known in _KINDS.items() if isinstance(size, known))
    values = {name: list(v) if isinstance(v, tuple) else v for name, v in asdict(size).items()}
    return {"kind": kind} | values


def _fits(value: Any, default: Any) -> bool:
    """Tell whether a value is what a size may hold, from its default: numbers, none of them negative."""
    if isinstance(default, tuple):
        kinds = (int, float) if isinstance(default[0], float) else (int,)
        return isinstance(value, list | tuple) and all(type(one) in kinds and 0 <= one < 1e6 for one in value)
    return type(value) is int and 0 < value < 1e6
