"""Weights from files that people have, without running anything that is in them."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from sketchcell.errors import SketchcellError
from sketchcell.pretrained.torch_file import LEGACY, ZIP, read_torch_file

# Where programs put their weights beside an optimiser's state and the like.
_WRAPPERS = (
    "state_dict",
    "model_state_dict",
    "model_state",
    "model",
    "net",
    "network",
    "module",
    "weights",
    "params",
)
_PREFIXES = ("module.", "_orig_mod.")  # of networks on several GPUs, and of compiled ones
_DEEPEST = 4  # wrappers within wrappers
_KINDS = {
    b"\x89PNG": "a PNG image",
    b"\xff\xd8\xff": "a JPEG image",
    b"GIF8": "a GIF image",
    b"II*\0": "a TIFF image",
    b"MM\0*": "a TIFF image",
    b"II+\0": "a TIFF image",
    b"\x89HDF": "an HDF5 file (perhaps of Keras)",
    b"\x93NUMPY": "a NumPy array",
    b"\x1f\x8b": "packed with gzip; unpack it first",
    b"BZh": "packed with bzip2; unpack it first",
    b"\xfd7zXZ": "packed with xz; unpack it first",
    b"7z\xbc\xaf": "packed with 7-Zip; unpack it first",
    b"%PDF": "a PDF document",
    b"version https://git-lfs": "a pointer of Git LFS, not the file itself; fetch it with `git lfs pull`",
}


def read_weights(path: str | os.PathLike[str]) -> dict[str, Tensor]:
    """Read named tensors from a file of weights.

    What kind of file it is, its content says, not its name: safetensors, or torch's format of today or of
    before 1.6. Files are never unpickled as Python does it: what would need code to be run is refused.
    Dictionaries around the weights are taken off, and what is not a tensor is left out; so are the prefixes
    ``module.`` and ``_orig_mod.`` where all names have them.

    Parameters
    ----------
    path
        Of the file.

    Returns
    -------
    dict[str, Tensor]
        On the CPU, with the numbers' own types, contiguous, without gradients; all numbers finite.

    Raises
    ------
    SketchcellError
        When there is no such file, it is something else, damaged, or would need code to be run.
    """
    file = Path(path)
    head, length = _head(file)
    try:
        if head.startswith((ZIP, LEGACY)):
            held = read_torch_file(file)
        elif _is_safetensors(head):
            held = load_file(file)
        else:
            raise SketchcellError(_complaint(file, head))
    except SafetensorError as error:
        raise SketchcellError(f"'{file}' is damaged or cut off; get another copy of it.") from error
    except OSError as error:
        raise SketchcellError(f"'{file}' cannot be read: {error.strerror or error}.") from error
    return _checked(file, _without_prefix(_unwrapped(file, held)), length)


def _head(file: Path) -> tuple[bytes, int]:
    """Return the first bytes of a file, and its length."""
    if file.is_dir():
        raise SketchcellError(f"'{file}' is a folder; give a file of weights in it.")
    try:
        with file.open("rb") as stream:
            head = stream.read(512)
        length = file.stat().st_size
    except FileNotFoundError as error:
        raise SketchcellError(f"There is no file '{file}'; check its name.") from error
    except OSError as error:
        raise SketchcellError(f"'{file}' cannot be read: {error.strerror}.") from error
    if not head:
        raise SketchcellError(f"'{file}' is empty; get another copy of it.")
    return head, length


def _is_safetensors(head: bytes) -> bool:
    """Tell whether a file begins with the length of a header, and a header."""
    return len(head) > 8 and head[8:9] == b"{" and 2 <= int.from_bytes(head[:8], "little") <= 100_000_000


def _complaint(file: Path, head: bytes) -> str:
    wanted = "give a .safetensors file, or one that torch.save(model.state_dict(), ...) wrote"
    for begin, kind in _KINDS.items():
        if head.startswith(begin):
            return f"'{file}' is {kind}; {wanted}."
    if head[:1] == b"\x80" and len(head) > 1 and head[1] <= 5:
        return (
            f"'{file}' is a pickle, which could run code when it is opened; in the program that wrote it, "
            "save the weights with torch.save(model.state_dict(), 'weights.pt') and import that file."
        )
    text = head.lstrip().lower()
    if text.startswith((b"<!doctype", b"<html", b"<?xml")):
        return f"'{file}' is a web page, perhaps because its download went wrong; download it again."
    return f"'{file}' is not a file of weights; {wanted}."


def _unwrapped(file: Path, held: Any) -> dict[str, Tensor]:
    """Return the dictionary of tensors inside what a file held."""
    for _ in range(_DEEPEST):
        if not isinstance(held, Mapping):
            break
        inner = next((held[key] for key in _WRAPPERS if isinstance(held.get(key), Mapping)), None)
        if inner is None:
            tensors = {key: value for key, value in held.items() if isinstance(value, Tensor)}
            if tensors and all(isinstance(key, str) for key in tensors):
                return tensors
        held = inner
    raise SketchcellError(
        f"'{file}' holds no weights by name; save them with torch.save(model.state_dict(), 'weights.pt') in "
        "the program they are from."
    )


def _without_prefix(weights: dict[str, Tensor]) -> dict[str, Tensor]:
    for _ in range(_DEEPEST):
        prefix = next((p for p in _PREFIXES if all(name.startswith(p) for name in weights)), None)
        if prefix is None:
            break
        weights = {name.removeprefix(prefix): tensor for name, tensor in weights.items()}
    return weights


def _checked(file: Path, weights: dict[str, Tensor], length: int) -> dict[str, Tensor]:
    """Return weights as plain tensors; refuse what no network can use."""
    for name, tensor in weights.items():
        of_8_bits = tensor.is_quantized or (tensor.is_floating_point() and tensor.element_size() < 2)
        if tensor.layout != torch.strided or of_8_bits or tensor.device.type != "cpu":
            raise SketchcellError(
                f"The weights '{name}' in '{file}' are sparse, quantised or missing; save the network's "
                "usual floating-point weights."
            )
    # a few bytes can pass for a tensor of any size; some weights are stored once and used twice
    if sum(tensor.numel() * tensor.element_size() for tensor in weights.values()) > 4 * length:
        raise SketchcellError(f"The weights in '{file}' are larger than the file; get another copy of it.")
    for name, tensor in weights.items():
        if not torch.isfinite(tensor).all():
            raise SketchcellError(
                f"The weights '{name}' in '{file}' hold NaN or infinite values: the learning that made them "
                "went astray; use an earlier copy."
            )
    return {name: tensor.detach().contiguous() for name, tensor in weights.items()}
