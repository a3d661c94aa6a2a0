"""Networks of Cellpose 1–3 and Omnipose become models of the family `flow`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import torch
from torch import Tensor

from sketchcell.errors import SketchcellError
from sketchcell.families.flow import Flow, FlowParams
from sketchcell.images import Normalization
from sketchcell.model import Model, ModelConfig
from sketchcell.networks import CPnet, place
from sketchcell.networks.cpnet import Padding
from sketchcell.pretrained.imported import Imported

FORMAT = "Cellpose 1–3 and Omnipose"

Kind = Literal["cellpose", "omnipose"]

_DIAMETER = 30.0  # pixels: of what these networks met while they learned, unless the file says another
_FLOW = 5.0  # they learned unit vectors times this
_OMNIPOSE_DEPTH = 5.0  # pixels: their distance in the background, negative
# A logit has no unit. Measured with a Cellpose network on images that it segments well (nuclei, yeast, phase
# contrast), the slope from logits to signed distances cut at 4 pixels is 0.4 to 0.7 pixels.
_LOGIT = 0.5
# Cellpose's flow leads to a centre and turns more slowly than that of a distance: it parts less at borders.
# Measured on nine images of seven kinds: mean AP50 .54 with this, .53 with the family's 0.5, .50 as Cellpose
# decodes.
_PARTING = 0.3
_FIRST, _LAST = "downsample.down.res_down_0.conv.conv_0.2.weight", "output.2.weight"

# Scellseg wraps the same network into two parts.
_SCELLSEG = (("extractor.", ""), ("tasker.base_bn.", "output.0."), ("tasker.base_conv.", "output.2."))
_OURS = (("downsample.down.res_down_", "downsample."), ("upsample.up.res_up_", "upsample."))
_BESIDE = ("diam_mean", "diam_labels")


def recognises(state: Mapping[str, Tensor]) -> bool:
    """Tell whether weights are named as those of a CPnet are."""
    return {_FIRST, _LAST} <= _renamed(state, _SCELLSEG).keys()


def import_weights(
    state: Mapping[str, Tensor], source: str, *, kind: Kind | None = None, padding: Padding = "zeros"
) -> Imported:
    """Make a model of the family `flow` from a CPnet's weights.

    The output layer is linear, so that its rows only need another order and another scale: the flow is
    divided by 5, Omnipose's distance by the family's unit. Cellpose's cell probability becomes the start
    of the distance: 0 is the edge in both. Omnipose's boundary map has no counterpart and is left out.

    Parameters
    ----------
    state
        From `read_weights`.
    source
        Where they are from, for complaints and the model's provenance.
    kind
        What the third output is: Cellpose's logit or Omnipose's distance. None decides by the shapes: four
        outputs, or three from one channel without a diameter in the file, are Omnipose's.
    padding
        Of the convolutions. The file does not say: Omnipose since 1.0 reflects.

    Raises
    ------
    SketchcellError
        When the network is another than the usual one.
    """
    weights = {
        name: tensor.float() if tensor.is_floating_point() else tensor
        for name, tensor in _renamed(state, _SCELLSEG).items()
    }
    beside = {name: weights.pop(name) for name in _BESIDE if name in weights}
    first, last = weights.get(_FIRST), weights.get(_LAST)
    if first is None or last is None or first.ndim != 4 or last.shape[0] not in (3, 4):
        raise _another(source)
    channels, outputs = first.shape[1], last.shape[0]
    if kind is None:
        of_omnipose = outputs == 4 or (channels == 1 and not beside)
        kind = "omnipose" if of_omnipose else "cellpose"
    for name in ("output.2.weight", "output.2.bias"):
        if name in weights:
            weights[name] = _our_rows(weights[name], kind)

    options = {"first_layer": channels, "padding": padding, "frozen_norm": True}
    network = CPnet(1, 3, **options)  # type: ignore[arg-type]
    network.learn(Flow.learned)
    try:
        network.load_state_dict(_renamed(weights, _OURS))
    except RuntimeError as error:
        raise _another(source) from error
    diameter = _diameter(beside)
    config = ModelConfig(
        family="flow",
        params=_params(kind),
        network="omnipose",
        network_options=options,
        image_channels=1,
        normalization=Normalization(0.01, 99.99) if kind == "omnipose" else Normalization(1.0, 99.0),
        diameter=diameter,
        provenance={"start": source, "format": FORMAT, "kind": kind},
    )
    return Imported(Model(config, place(network, "cpu")), _notes(kind, channels, outputs, diameter))


def _renamed(state: Mapping[str, Tensor], pairs: tuple[tuple[str, str], ...]) -> dict[str, Tensor]:
    """Return weights with the beginnings of their names replaced; each name at most once."""
    found = {}
    for name, tensor in state.items():
        old, new = next(((old, new) for old, new in pairs if name.startswith(old)), ("", ""))
        found[new + name.removeprefix(old)] = tensor
    return found


def _our_rows(rows: Tensor, kind: Kind) -> Tensor:
    """Return the output layer's rows for distance, flow_y and flow_x, from those for dy, dx and the third."""
    third = 1 / Flow.UNIT if kind == "omnipose" else _LOGIT / Flow.UNIT
    return torch.stack([rows[2] * third, rows[0] / _FLOW, rows[1] / _FLOW])


def _params(kind: Kind) -> FlowParams:
    if kind == "omnipose":
        return FlowParams(field="omnipose", background_depth=_OMNIPOSE_DEPTH)
    return FlowParams(parting=_PARTING)


def _diameter(beside: Mapping[str, Tensor]) -> float:
    """Return the diameter that the network works on, in pixels."""
    value = beside.get("diam_mean")
    known = float(value.flatten()[0]) if value is not None and value.numel() else 0.0
    return known if 1 <= known <= 1000 else _DIAMETER


def _notes(kind: Kind, channels: int, outputs: int, diameter: float) -> tuple[str, ...]:
    notes = ["The flow was taken as it is, at another scale."]
    if kind == "omnipose":
        notes.append(
            "The distance was taken as it is, at another scale; learning continues with Omnipose's field."
        )
        if outputs == 4:
            notes.append("The map of boundaries was left out: the family has none.")
    else:
        notes.append(
            "The cell probability is the start of the distance, 0 at the edge; learning makes it a distance."
        )
    if channels > 1:
        notes.append(
            f"The network looks at {channels} channels: those that an image does not have are 0; of an image "
            "with more, the mean is taken."
        )
    notes.append(
        f"It knows objects of {diameter:g} pixels: give the diameter of yours to bring images to that size."
    )
    notes.append(
        "If the weights are Cellpose's or Omnipose's own, or learned on from those, they are for "
        "non-commercial use."
    )
    return tuple(notes)


def _another(source: str) -> SketchcellError:
    return SketchcellError(
        f"'{source}' is a network like Cellpose's, but not of the shape that is supported (2D, four levels "
        "of 32 to 256 channels, a flow and one or two more maps); import a network of Cellpose 1–3 or "
        "Omnipose as they come."
    )
