"""The network that ships with the package: it has seen cells before, and any family can start from it."""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files
from typing import Any

import torch
from safetensors.torch import load
from torch import Tensor

from sketchcell.errors import SketchcellError
from sketchcell.families import get_family
from sketchcell.model import Model, ModelConfig
from sketchcell.networks import build_network, place
from sketchcell.pretrained.catalogue import PRIOR

NETWORK = "compact"
_COLOURS = 3  # channels that it was trained with: grey three times, or colours
_STEM = ("down.0.first.weight", "down.0.path.weight")  # the layers that see the image's channels
_HEAD = ("head.weight", "head.bias")


def prior_model(family: str, channels: int, params: Any = None) -> Model:
    """Return a model of a family that knows cells already, before any stroke.

    Parameters
    ----------
    family
        Its name.
    channels
        Of the images. One channel is seen as grey, three as colours (each at the strength that it had in
        training); of any other number the mean is seen at first.
    params
        Of the family; None takes its defaults.

    Raises
    ------
    SketchcellError
        When the prior has no maps for what the parameters ask for.
    """
    kind = get_family(family)
    params = kind.Params() if params is None else params
    if not suits(family, NETWORK, params):
        raise SketchcellError(
            f"The prior does not know the maps that these parameters of '{family}' ask for; start from "
            "random weights."
        )
    weights, described = _shipped()
    start, stop = described["heads"][family]
    state = {
        name: value
        for name, value in weights.items()
        if not name.startswith("learned.") and name not in (*_STEM, *_HEAD)
    }
    state |= {name: _for_channels(weights[name], channels) for name in _STEM}
    state |= {name: weights[name][start:stop] for name in _HEAD}
    state |= {f"learned.{scalar}": weights[f"learned.{family}_{scalar}"] for scalar in kind.learned}
    network = build_network(NETWORK, channels, stop - start, kind.learned)
    network.load_state_dict({name: value.float() for name, value in state.items()})
    config = ModelConfig(
        family, params, NETWORK, channels, kind.normalization(params), provenance={"start": PRIOR}
    )
    return Model(config, place(network, "cpu"))


def suits(family: str, network: str, params: Any = None) -> bool:
    """Tell whether a model of this family, network and parameters can start from the prior."""
    kind = get_family(family)
    usual = kind.Params()
    params = usual if params is None else params
    return (
        network == NETWORK
        and family in _shipped()[1]["heads"]
        and kind.channels(params) == kind.channels(usual)
        and kind.normalization(params) == kind.normalization(usual)
    )


def untouched(model: Model) -> bool:
    """Tell whether a model is the prior as it came, which has learned from nobody's strokes."""
    provenance = model.config.provenance
    return provenance.get("start") == PRIOR and "steps" not in provenance


def _for_channels(weight: Tensor, channels: int) -> Tensor:
    """Return the first layer's weight (N, kinds · 3, k, k) for images with other channels.

    The image comes first, then each kind of its local contrast, all channels of a kind together.
    """
    if channels == _COLOURS:
        return weight
    by_kind = weight.float().reshape(len(weight), -1, _COLOURS, *weight.shape[2:])  # (N, kinds, 3, k, k)
    mean = by_kind.sum(2, keepdim=True) / channels
    expanded: Tensor = mean.expand(-1, -1, channels, -1, -1).flatten(1, 2)
    return expanded


@cache
def _shipped() -> tuple[dict[str, Tensor], dict[str, Any]]:
    folder = files("sketchcell") / "data" / "prior"
    described: dict[str, Any] = json.loads((folder / "prior.json").read_text(encoding="utf-8"))
    weights = load((folder / "weights.safetensors").read_bytes())
    assert all(torch.isfinite(value).all() for value in weights.values())
    return weights, described
