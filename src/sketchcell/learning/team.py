"""Processes that learn one model together, and the one that learns alone."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

import numpy as np
import torch
from safetensors.torch import load
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm

from sketchcell.model import encode_weights
from sketchcell.networks import Network

T = TypeVar("T")


class Team:
    """One process that learns alone; several are a subclass with the same methods.

    All members call the same methods in the same order.

    Attributes
    ----------
    rank, size
        Number of this process, from 0, and of all.
    """

    rank: int = 0
    size: int = 1

    @property
    def is_first(self) -> bool:
        """Whether this process is the one that shows progress and saves."""
        return self.rank == 0

    def seed(self, seed: int) -> int:
        """Return this member's own seed; the first member's is the one given."""
        if self.is_first:
            return seed
        return int(np.random.SeedSequence((seed, self.rank)).generate_state(1)[0])

    def any(self, wish: bool) -> bool:
        """Tell whether any member wishes it."""
        return wish

    def average(self, tensors: Sequence[Tensor]) -> None:
        """Put the members' mean into tensors, float32, in place."""

    def from_first(self, make: Callable[[], T]) -> T:
        """Return what the first member makes; the others wait for it and make nothing."""
        return make()


ALONE = Team()


def share_weights(team: Team, network: Network) -> None:
    """Give all members the first one's weights, whatever computers they began on."""
    network.load_state_dict(load(team.from_first(lambda: encode_weights(network))))


def average_step(
    team: Team, network: nn.Module, told: Mapping[str, Tensor], elapsed: float
) -> tuple[dict[str, Tensor], float]:
    """Average what a step's backward pass left, so that all members take the same step.

    Parameters
    ----------
    team
        Of more than one.
    network
        Its gradients, and the running means and variances of batch normalisation, are averaged in place.
    told
        Scalars to tell of the step, by name.
    elapsed
        Seconds that this member counts.

    Returns
    -------
    told, elapsed
        The members' means.
    """
    learned = [weight for weight in network.parameters() if weight.requires_grad]
    # a loss without annotated pixels of some kind may leave a weight out on one member, and not on another
    gradients = [torch.zeros_like(weight) if weight.grad is None else weight.grad for weight in learned]
    device = learned[0].device
    there = torch.tensor([float(weight.grad is not None) for weight in learned], device=device)
    told = {name: value.detach().float().clone() for name, value in told.items()}
    seconds = torch.tensor(elapsed, device=device)
    team.average([*gradients, *_running(network), there, *told.values(), seconds])
    for weight, gradient, share in zip(learned, gradients, there.tolist(), strict=True):
        weight.grad = gradient if share else None
    return told, float(seconds)


def _running(network: nn.Module) -> list[Tensor]:
    layers = [layer for layer in network.modules() if isinstance(layer, _BatchNorm) and layer.training]
    kept = [value for layer in layers for value in (layer.running_mean, layer.running_var)]
    return [value for value in kept if value is not None]
