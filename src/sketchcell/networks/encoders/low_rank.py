"""Low-rank adaptation: a large network learns through small additions (LoRA, Hu et al. 2021)."""

from __future__ import annotations

import math
from collections.abc import Mapping

import torch
from torch import Tensor, nn
from torch.nn import functional as F

_DOWN, _UP = "lora_down", "lora_up"


class LowRankLinear(nn.Linear):
    """A linear layer W that stays as it is; a product of two thin matrices learns beside it: W + up · down.

    It begins as the layer it was made from, with the same names: `up` is 0.

    Parameters
    ----------
    linear
        Its weights are taken, and frozen.
    rank
        Rows of `down` and columns of `up`.
    """

    def __init__(self, linear: nn.Linear, rank: int) -> None:
        super().__init__(linear.in_features, linear.out_features, linear.bias is not None, device="meta")
        self.weight, self.bias = linear.weight, linear.bias
        self.requires_grad_(False)
        self.lora_down = nn.Parameter(torch.randn(rank, linear.in_features) / math.sqrt(linear.in_features))
        self.lora_up = nn.Parameter(torch.zeros(linear.out_features, rank))

    def forward(self, x: Tensor) -> Tensor:
        """Map (..., inputs) to (..., outputs)."""
        return super().forward(x) + F.linear(F.linear(x, self.lora_down), self.lora_up)


def add_low_rank(module: nn.Module, rank: int) -> None:
    """Freeze a network and let its attention's queries, keys and values learn by low rank.

    Parameters
    ----------
    module
        Its linear layers of the name ``qkv`` are replaced.
    rank
        Of what is learned.
    """
    module.requires_grad_(False)
    for parent in list(module.modules()):
        for name, child in list(parent.named_children()):
            if name == "qkv" and isinstance(child, nn.Linear):
                setattr(parent, name, LowRankLinear(child, rank))


def is_low_rank(key: str) -> bool:
    """Tell whether a weight of this name is one of the thin matrices."""
    return key.rpartition(".")[2] in (_DOWN, _UP)


def merge_low_rank(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Return weights in which the thin matrices are added to the layers that they stand beside."""
    merged = {key: tensor for key, tensor in state.items() if not is_low_rank(key)}
    for key, down in state.items():
        layer, _, last = key.rpartition(".")
        if last == _DOWN:
            merged[f"{layer}.weight"] = state[f"{layer}.weight"] + state[f"{layer}.{_UP}"] @ down
    return merged
