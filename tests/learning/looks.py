"""A network that says what the image says, and one that is moody about where it looks."""

import numpy as np
import torch
from edt import edt

from sketchcell.families import get_family
from sketchcell.model import Model, ModelConfig
from sketchcell.networks.base import Network

SIDE = 96


class Echo(Network):
    """Says that the first channel is the map, and the second one in the upper half of what it is shown."""

    stride, reach = 1, 0

    def __init__(self):
        super().__init__()
        self.learned = torch.nn.ParameterDict()
        self.weight = torch.nn.Parameter(torch.zeros(1))

    def forward(self, x):
        half = x.shape[2] // 2
        shown = torch.cat([x[:, 1:2, :half], x[:, :1, half:]], 2).clamp(1e-4, 1 - 1e-4)
        return (torch.logit(shown) + 2) / 4


def disks(*places, radius=9):
    """Return labels of disks, one a place; a place may have a radius of its own."""
    rows, columns = np.ogrid[:SIDE, :SIDE]
    labels = np.zeros((SIDE, SIDE), np.int32)
    for number, (row, column, *own) in enumerate(places, 1):
        labels[np.hypot(rows - row, columns - column) <= (own[0] if own else radius)] = number
    return labels


def echo(upper, lower):
    """Return a model and channels: `upper` is found in the upper half of what is shown, `lower` below.

    Turned, the image has its lower half above: instances there come from `upper` in the second look.
    """
    family = get_family("distance")
    params = family.Params(minimum_size=0, speck_size=0.0, parting=0.0)
    model = Model(ModelConfig("distance", params, "echo", 2), Echo())
    return model, np.stack([_map(lower), _map(upper)])


def _map(labels):
    depth = edt(labels.astype(np.uint32), black_border=False)
    largest = np.maximum.reduceat(depth.ravel()[np.argsort(labels.ravel(), kind="stable")], _starts(labels))
    return (depth / np.maximum(largest, 1)[labels] * (labels > 0)).astype(np.float32)


def _starts(labels):
    return np.searchsorted(np.sort(labels.ravel()), np.arange(labels.max() + 1))
