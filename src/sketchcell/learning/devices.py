"""A team of processes, one a device, that talk through Lightning Fabric."""

from __future__ import annotations

import logging
import os
import sys
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from typing import Any, TypeVar

import torch
from torch import Tensor

from sketchcell.errors import SketchcellError
from sketchcell.learning.processes import Others, leave_with_parent, started_by_us, started_elsewhere
from sketchcell.learning.team import Team
from sketchcell.networks import pick_device

T = TypeVar("T")

_PATIENCE = timedelta(minutes=30)  # with a member that fits thresholds, or reads slowly
_LAST_PATIENCE = 60.0  # seconds, once all is learned


class LostMemberError(SketchcellError):
    """A process of the team has ended before the others."""

    def __init__(self) -> None:
        super().__init__(
            "One of the processes that learn together has ended, so that all have stopped and nothing was "
            "saved; see what it says above, and start again."
        )


class DeviceTeam(Team):
    """Processes that learn together, each on its own device.

    Parameters
    ----------
    fabric
        A launched `lightning_fabric.Fabric`.
    """

    def __init__(self, fabric: Any) -> None:
        self._fabric = fabric
        self.rank, self.size = fabric.global_rank, fabric.world_size

    def any(self, wish: bool) -> bool:
        """Tell whether any member wishes it."""
        return bool(self._mean(torch.tensor(float(wish), device=self._fabric.device)) > 0)

    def average(self, tensors: Sequence[Tensor]) -> None:
        """Put the members' mean into tensors, float32, in place."""
        mean = self._mean(torch.cat([tensor.reshape(-1) for tensor in tensors]))
        for tensor, part in zip(
            tensors, torch.split(mean, [tensor.numel() for tensor in tensors]), strict=True
        ):
            tensor.copy_(part.view(tensor.shape))

    def from_first(self, make: Callable[[], T]) -> T:
        """Return what the first member makes; the others wait for it and make nothing."""
        made = make() if self.is_first else None
        with _told_when_lost():
            result: T = self._fabric.broadcast(made, src=0)
            return result

    def _mean(self, tensor: Tensor) -> Tensor:
        with _told_when_lost():
            mean: Tensor = self._fabric.all_reduce(tensor, reduce_op="mean")
            return mean


@contextmanager
def device_team(words: Sequence[str], devices: int, nodes: int = 1, device: str = "auto") -> Iterator[Team]:
    """Start the other processes of a team and be one of it.

    Each of them runs the command `words` and comes here as well. Where ``srun``, ``torchrun``, ``jsrun`` or
    ``mpirun`` has started them, nothing is started.

    Parameters
    ----------
    words
        After ``sketchcell``.
    devices, nodes
        How many processes on a computer, each with a GPU of its own, or sharing the processor; and computers.
    device
        ``auto``, ``cpu`` or ``cuda``.

    Raises
    ------
    SketchcellError
        When a library or a GPU is missing, the processes do not find each other, or one of them ends early.
    """
    kind = _checked_kind(device, devices)
    _require_fabric()
    others = None
    if started_by_us():
        leave_with_parent()
    elif not started_elsewhere():
        others = Others(words, devices, nodes)
        others.watch(_give_up)
    try:
        yield _join(kind, devices, nodes)
    except BaseException:
        if others:
            others.dismiss()
        raise
    else:
        if others:
            others.dismiss(_LAST_PATIENCE)
    finally:
        if torch.distributed.is_initialized():
            torch.distributed.destroy_process_group()


def _checked_kind(device: str, devices: int) -> str:
    kind = pick_device(device).type
    if kind == "mps":
        raise SketchcellError("Several processes cannot share this GPU; use --device cpu.")
    if kind == "cuda" and devices > torch.cuda.device_count():
        raise SketchcellError(
            f"There are {torch.cuda.device_count()} GPU(s) on this computer, fewer than {devices}; give "
            "--devices that many, or --device cpu."
        )
    return kind


def _require_fabric() -> None:
    try:
        import lightning_fabric  # noqa: F401
    except ImportError as error:
        raise SketchcellError(
            "Learning on several devices needs Lightning Fabric; install it with pip install "
            '"napari-sketchcell[distributed]".'
        ) from error


def _join(kind: str, devices: int, nodes: int) -> DeviceTeam:
    from lightning_fabric import Fabric
    from lightning_fabric.plugins.environments import LightningEnvironment
    from lightning_fabric.strategies import DDPStrategy

    for name in ("lightning_fabric", "lightning.fabric"):
        logging.getLogger(name).setLevel(logging.WARNING)
    ours = [] if started_elsewhere() else [LightningEnvironment()]
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            fabric = Fabric(
                accelerator=kind,
                devices=devices,
                num_nodes=nodes,
                strategy=DDPStrategy(timeout=_PATIENCE),
                plugins=ours,
            )
            fabric.launch()
    except (RuntimeError, ValueError, OSError) as error:
        raise SketchcellError(
            "The processes that learn together have not found each other; compare --devices and --nodes with "
            f"what was started: {_first_line(error)}"
        ) from error
    return DeviceTeam(fabric)


@contextmanager
def _told_when_lost() -> Iterator[None]:
    try:
        yield
    except (RuntimeError, ConnectionError) as error:
        raise LostMemberError from error


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]


def _give_up() -> None:
    # what waits for a GPU of another process cannot be interrupted otherwise
    print(f"sketchcell: {LostMemberError()}", file=sys.stderr, flush=True)
    os._exit(2)
