"""Which device to use, and whether mixed precision pays there."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

import torch

from sketchcell.errors import SketchcellError
from sketchcell.networks.base import Network


def pick_device(name: str = "auto") -> torch.device:
    """Return the device of that name; ``auto`` takes a GPU if there is one.

    Raises
    ------
    SketchcellError
        When the device is unknown or not there.
    """
    there = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available(), "cpu": True}
    if name == "auto":
        return torch.device(next(kind for kind, available in there.items() if available))
    if name not in there:
        raise SketchcellError(f"There is no device '{name}'; choose from auto, cpu, cuda, mps.")
    if not there[name]:
        raise SketchcellError(f"The device '{name}' is not available on this computer; use --device auto.")
    return torch.device(name)


def place(network: Network, device: torch.device | str) -> Network:
    """Move a network to a device, in the memory layout that convolutions are fastest in."""
    placed: Network = network.to(device, memory_format=torch.channels_last)  # type: ignore[call-overload]
    return placed


_full = ContextVar("full precision", default=False)


@contextmanager
def full_precision() -> Iterator[None]:
    """Calculate in float32 within, as other programs do."""
    token = _full.set(True)
    try:
        yield
    finally:
        _full.reset(token)


def mixed_precision(device: torch.device) -> bool:
    """Tell whether bfloat16 is faster than float32 on this device.

    GPUs since Ampere and processors with AVX512-BF16 or AMX multiply it in hardware; others emulate it.
    """
    if _full.get():
        return False
    if device.type == "cuda":
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    if device.type == "cpu":
        return bool(torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported())
    return False
