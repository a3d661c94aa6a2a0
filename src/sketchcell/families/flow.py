"""`flow`: distance to the nearest edge, and its direction (Omnipose, learned from strokes: Sketchpose)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from sketchcell.families import shared_params
from sketchcell.families.decoding import Parts, decode
from sketchcell.families.euler import cluster_end_points, euler_hop, follow
from sketchcell.families.exact_flow import exact_flow
from sketchcell.families.exactness import exactness_of_lengths
from sketchcell.families.means import weighted_mean
from sketchcell.families.params import param
from sketchcell.families.protocol import Target
from sketchcell.families.regions import find_borders, rejoin
from sketchcell.families.smooth_distance import smooth_field
from sketchcell.families.traits import MapTraits
from sketchcell.images import Normalization
from sketchcell.sketch import Sketch, Window
from sketchcell.sketch.window import expand, intersect, within

_CHANNELS = ("distance", "flow_y", "flow_x")
_TARGET = ("distance", "distance_weight", "side", "bound", "bound_weight", "flow_y", "flow_x", "flow_weight")


_LARGEST = 1e6  # of a map: a network that diverged gives a wrong answer, not an overflow
_USUAL_POWER = 0.5  # of a learned flow in cells
_SMOOTH_SHARE = 0.8  # of the exact distance: the smooth one is nowhere less than 2^(−1/4) of it


@dataclass(frozen=True)
class FlowParams:
    """Parameters of the `flow` family; distances in pixels of the working scale."""

    distance_threshold: float = param(
        0.0,
        label="Cell edge",
        help="Pixels whose distance is above this belong to a cell. Lower: larger cells.",
        stage="decode",
        min=-4.0,
        max=8.0,
        step=0.1,
        fit=(-1.0, -0.5, 0.5, 1.0),
        moves_outlines=True,
    )
    parting: float = param(
        0.5,
        label="Splitting",
        help="How clearly the flow must part along a border to keep two cells apart. "
        "Lower: more and smaller cells.",
        stage="decode",
        min=0.0,
        max=1.0,
        step=0.02,
        fit=(0.2, 0.3, 0.4, 0.6, 0.7, 0.8),
    )
    minimum_size: int = shared_params.minimum_size()
    speck_size: float = shared_params.speck_size()
    field: str = param(
        "exact",
        label="Distance",
        help="What is learned: the exact distance to the edge, or Omnipose's smooth one.",
        stage="train",
        choices=("exact", "omnipose"),
    )
    background_depth: float = param(
        4.0,
        label="Background depth",
        help="The distance map is cut at minus this many pixels outside cells.",
        stage="train",
        min=1.0,
        max=50.0,
        step=0.5,
    )
    distance_weight: float = param(
        2.0,
        label="Distance weight",
        help="λ of the distance term.",
        stage="train",
        min=0.0,
        max=100.0,
        step=0.1,
    )
    flow_weight: float = param(
        2.0, label="Flow weight", help="λ of the flow term.", stage="train", min=0.0, max=100.0, step=0.1
    )
    bound_weight: float = param(
        2.0,
        label="Bound weight",
        help="λ of the inequality term.",
        stage="train",
        min=0.0,
        max=100.0,
        step=0.1,
    )


class Flow:
    """Distance map and flow field, and the three losses of Sketchpose.

    The maps are ``distance`` (pixels divided by `UNIT`; positive inside cells, negative outside, cut at
    ``background_depth``) and ``flow_y``, ``flow_x`` (unit vectors that point away from the nearest edge, 0
    outside).
    """

    name: ClassVar[str] = "flow"
    title: ClassVar[str] = (
        "distance and flow, as in Omnipose and Sketchpose: cells of any shape, also long ones"
    )
    Params: ClassVar[type[FlowParams]] = FlowParams
    learned: ClassVar[Mapping[str, float]] = {}
    context: ClassVar[int] = 1
    scale_free: ClassVar[bool] = False

    UNIT: ClassVar[float] = (
        6.0  # pixels: brings the distance of a cell of the working diameter to the size of the flow
    )

    def channels(self, params: FlowParams) -> tuple[str, ...]:
        """Return the names of the three maps."""
        return _CHANNELS

    def normalization(self, params: FlowParams) -> Normalization:
        """Return percentiles 1 and 99.8."""
        return Normalization()

    def activate(self, outputs: Tensor) -> Tensor:
        """Return the outputs as they are."""
        return outputs

    def encode(
        self, sketch: Sketch, params: FlowParams, window: Window | None = None
    ) -> Target[NDArray[np.float32]]:
        """Return exact distances and flow on the valid distance set, bounds on the rest of the strokes.

        Inside cells the distance is exact on D (Sketchpose, theorem 4). Outside it is the negative
        distance, cut at ``background_depth``: a background pixel whose bound is deeper than the cut is
        exact too, on D or not. A pixel of a boundary line has distance 0, painted or not.

        With the field ``omnipose`` the objects whose outline is known all round have Omnipose's smooth
        distance and its flow, others the lower bound that the exact distance gives, less what the smooth
        one may be below it; the background is −``background_depth`` everywhere.

        Parameters
        ----------
        sketch
            Strokes on an image of shape (H, W).
        params
            ``field`` and ``background_depth`` are read.
        window
            A part of the sketch; the whole if left out.

        Returns
        -------
        Target
            Planes ``distance``, ``distance_weight``, ``side`` (+1 cell, −1 background), ``bound``,
            ``bound_weight``, ``flow_y``, ``flow_x``, ``flow_weight``; shape (8, H, W).
        """
        window = window or sketch.window
        around = expand(window, self.context, sketch.shape)
        labels, boundaries = sketch.labels[around], sketch.boundaries[around]
        distance, valid = sketch.distances.distance[around], sketch.distances.valid[around]
        cell, background = labels > 1, labels == 1
        depth = np.float32(params.background_depth)
        cut = np.minimum(distance, depth)

        data = np.zeros((len(_TARGET), *labels.shape), np.float32)
        plane = dict(zip(_TARGET, data, strict=True))
        exact = valid | boundaries | (background & (distance >= depth))
        plane["distance"][:] = np.where(cell, distance, -cut) / self.UNIT * exact
        plane["distance"][boundaries] = 0
        plane["distance_weight"][:] = exact
        plane["side"][:] = cell.astype(np.float32) - background
        plane["bound"][:] = np.where(cell, distance, cut) / self.UNIT
        plane["bound_weight"][:] = (cell | background) & ~exact
        flow, sure = exact_flow(labels, boundaries, distance, valid)
        plane["flow_y"][:], plane["flow_x"][:] = flow
        plane["flow_weight"][:] = sure | background
        if params.field == "omnipose":
            self._smooth(plane, sketch, params, around)
        return Target(_TARGET, data[:, *within(window, around)])

    def _smooth(
        self, plane: dict[str, NDArray[np.float32]], sketch: Sketch, params: FlowParams, around: Window
    ) -> None:
        """Put Omnipose's field in the place of the exact one, in the planes of the window `around`."""
        cell, background = plane["side"] > 0, plane["side"] < 0
        plane["distance"][background] = -params.background_depth / self.UNIT
        plane["bound"] *= _SMOOTH_SHARE
        for name in ("distance_weight", "flow_weight"):
            plane[name][cell] = 0
            plane[name][background] = 1
        plane["bound_weight"][:] = cell
        for one in sketch.objects.within(around):
            shared = intersect(one.box, around)
            if shared is None or not one.closed:
                continue
            here, there = within(shared, around), within(shared, one.box)
            mask = one.mask[there]
            field = smooth_field(one)[:, *there][:, mask]
            for name, values in zip(_CHANNELS, (field[0] / self.UNIT, *field[1:]), strict=True):
                plane[name][here][mask] = values
            for name, weight in (("distance_weight", 1), ("flow_weight", 1), ("bound_weight", 0)):
                plane[name][here][mask] = weight

    def loss(
        self,
        outputs: Tensor,
        target: Target[Tensor],
        params: FlowParams,
        learned: Mapping[str, Tensor],
    ) -> tuple[Tensor, Mapping[str, Tensor]]:
        """Return Sketchpose's loss (eq. 15): distance and flow on D, inequality on the rest of S.

        The paper prints the last term as ReLU²(d − d*). By theorem 4 what is painted gives a *lower* bound
        of the true distance, so that a prediction *below* it is wrong and one above it may be right:
        ReLU(bound − d)² is implemented, with the sign turned for background strokes.

        Parameters
        ----------
        outputs
            float, shape (B, 3, H, W): the maps.
        target
            From `encode`, shape (B, 8, H, W).
        params
            The three λ.
        learned
            Not used.

        Returns
        -------
        loss : Tensor
            Scalar.
        terms : Mapping[str, Tensor]
            ``distance``, ``flow``, ``bound``, weighted.
        """
        d = outputs[:, _CHANNELS.index("distance")]  # (B, H, W)
        v = torch.stack([outputs[:, _CHANNELS.index(c)] for c in ("flow_y", "flow_x")])  # (2, B, H, W)
        v_true = torch.stack([target["flow_y"], target["flow_x"]])
        terms = {
            "distance": params.distance_weight
            * weighted_mean((d - target["distance"]) ** 2, target["distance_weight"]),
            "flow": params.flow_weight * weighted_mean(((v - v_true) ** 2).sum(0), target["flow_weight"]),
            "bound": params.bound_weight
            * weighted_mean(torch.relu(target["bound"] - target["side"] * d) ** 2, target["bound_weight"]),
        }
        return torch.stack(list(terms.values())).sum(), terms

    def imitate(self, outputs: Tensor, maps: Tensor, weight: Tensor, params: FlowParams) -> Tensor:
        """Return the squared differences of distance and flow, with the λ of the loss.

        Parameters
        ----------
        outputs
            float, shape (B, 3, H, W), of the network.
        maps
            What another network found, of the same shape.
        weight
            Shape (B, H, W): where it counts.
        params
            The λ of distance and flow.
        """
        squares = (outputs - maps) ** 2
        distance = params.distance_weight * weighted_mean(squares[:, 0], weight)
        return distance + params.flow_weight * weighted_mean(squares[:, 1:].sum(1), weight)

    def traits(self, windows: Iterable[NDArray[np.float32]], params: FlowParams) -> MapTraits:
        """Return how exact the flow in cells is, and as level the mean square of its length.

        Where there are no cells at all, the flow is taken for one that a network has learned.
        """
        lengths = [_length(_flow(maps))[_inside(maps, params)] for maps in map(_bounded, windows)]
        length = np.concatenate(lengths)
        if not length.size:
            return MapTraits(exact=0.0, level=_USUAL_POWER)
        return MapTraits(exactness_of_lengths(length), float((length**2).mean()))

    def part(self, maps: NDArray[np.float32], params: FlowParams, traits: MapTraits) -> Parts:
        """Return instances: Euler integration of the flow inside cells, clustering of the end points.

        Paths that follow the gradient of a distance end on a cell's ridge, in one spot or in several; parts
        whose common border does not part the flow are rejoined (`rejoin`). The time is bounded for any
        maps.

        Parameters
        ----------
        maps
            float32, shape (3, H, W).
        params
            ``distance_threshold``, ``parting``.
        traits
            Of the image.
        """
        maps = _bounded(maps)
        mask, flow = _inside(maps, params), _flow(maps)
        if not mask.any():
            return Parts(np.zeros(mask.shape, np.int32), maps[0])
        hop, velocity = euler_hop(flow, mask)
        labels, count = cluster_end_points(follow(hop), mask)
        parting, depth, shape = _judgement(traits)
        borders = find_borders(labels, velocity, maps[0] * self.UNIT * depth)
        labels = rejoin(labels, count, borders, params.parting * parting, shape)
        return Parts(labels, _length(flow))

    def decode(
        self, maps: NDArray[np.float32], params: FlowParams, survey: Sequence[Window] | None = None
    ) -> NDArray[np.int32]:
        """Return the cells of a whole image, (H, W), ids 1…n, 0 = background; see `decoding.decode`."""
        return decode(self, maps, params, survey)


def _bounded(maps: NDArray[np.float32]) -> NDArray[np.float32]:
    bounded: NDArray[np.float32] = np.clip(np.nan_to_num(maps), -_LARGEST, _LARGEST)
    return bounded


def _inside(maps: NDArray[np.float32], params: FlowParams) -> NDArray[np.bool_]:
    inside: NDArray[np.bool_] = maps[0] > params.distance_threshold / Flow.UNIT
    return inside


def _flow(maps: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the flow, (2, H, W), at most of unit length."""
    return np.asarray(maps[1:] / np.maximum(_length(maps[1:]), 1), np.float32)


def _length(flow: NDArray[np.float32]) -> NDArray[np.float32]:
    length: NDArray[np.float32] = np.sqrt((flow**2).sum(0))
    return length


def _judgement(traits: MapTraits) -> tuple[float, float, float]:
    """Return how borders are to be judged, from the mean square of the flow in cells and how exact it is.

    A network predicts short flows, which part less, and noisy depths: it is judged by its own mean square,
    and the form of cells has a say. Where the flow is exact, form counts nothing.

    Returns
    -------
    parting, depth, shape : float
        Factors of the parting that keeps a border and of the depth of its pixels; the exponent of the form.
    """
    # measured: on maps after 150 to 600 steps of learning, and on the targets of whole truths
    power = traits.level
    learned, of_truth = np.array([0.5 * power**2, power**3, 2.0]), np.array([0.85, 0.78, 0.0])
    parting, depth, shape = learned + (of_truth - learned) * traits.exact
    return float(parting), float(depth), float(shape)
