"""`sdf`: signed distance to the contour, learned with the Modified Hausdorff loss."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import torch
from numpy.typing import NDArray
from scipy import ndimage
from torch import Tensor
from torch.nn import functional as F

from sketchcell.families import shared_params
from sketchcell.families.decoding import Parts, decode
from sketchcell.families.exactness import exactness_of_lengths
from sketchcell.families.gap import INSIDE, UNKNOWN, close_gap, open_gap
from sketchcell.families.means import weighted_mean
from sketchcell.families.necks import components, cut_necks, usual_depth
from sketchcell.families.params import param
from sketchcell.families.protocol import Target
from sketchcell.families.traits import MapTraits
from sketchcell.images import Normalization
from sketchcell.sketch import Sketch, Window
from sketchcell.sketch.ids import BACKGROUND
from sketchcell.sketch.valid import solve
from sketchcell.sketch.window import expand, within

_CHANNELS = ("signed_distance",)
_TARGET = ("signed_distance", "signed_distance_weight", "side", "side_weight", "bound", "bound_weight")
_DEEPEST = 16  # pixels: the largest depth that can be chosen
_FLATTEST = 0.5  # the least α
_NEVER = 2.0  # a parting from which nothing is cut
_UNCUT = 0.5  # a parting that leaves exact maps uncut
_THIN = 0.5  # weight of a thin stroke's side


def _weight(default: float, label: str, help: str) -> Any:
    return param(default, label=label, help=help, stage="train", min=0.0, max=100.0, step=0.1)


@dataclass(frozen=True)
class SdfParams:
    """Parameters of the `sdf` family; distances in pixels of the working scale."""

    parting: float = param(
        0.05,
        label="Splitting",
        help="How sharp the neck between two joined cells must be to part them. Lower: more and smaller "
        "cells. 2: cells are only what is connected, as in the paper.",
        stage="decode",
        min=0.0,
        max=_NEVER,
        step=0.05,
        fit=(0.02, 0.1, 0.2, 0.35, _NEVER),
    )
    edge: float = param(
        0.0,
        label="Cell edge",
        help="Pixels whose signed distance is above this belong to a cell. Lower: larger cells.",
        stage="decode",
        min=-4.0,
        max=4.0,
        step=0.05,
        fit=(-0.5, -0.25, 0.25, 0.5, 0.75),
        moves_outlines=True,
    )
    minimum_size: int = shared_params.minimum_size()
    speck_size: float = shared_params.speck_size()
    gap: int = param(
        2,
        label="Gap",
        help="Touching cells are kept apart by this many pixels while learning; the cells get them back.",
        stage="train",
        min=1,
        max=2,
        step=1,
    )
    depth: float = param(
        8.0,
        label="Depth",
        help="Signed distances are cut at plus and minus this many pixels.",
        stage="train",
        min=2.0,
        max=float(_DEEPEST),
        step=0.5,
    )
    lmhd_weight: float = _weight(0.9, "True contour weight", "λ of the prediction on the true contour.")
    rmhd_weight: float = _weight(0.1, "Predicted contour weight", "λ of the truth on the predicted contour.")
    lse_weight: float = _weight(1.0, "Distance weight", "λ of the squared error of the distance.")
    ce_weight: float = _weight(1.0, "Side weight", "λ of the cross-entropy: inside or outside a cell.")
    bound_weight: float = _weight(1.0, "Bound weight", "λ where strokes only bound the distance.")


class Sdf:
    """Signed distance φ in pixels, positive inside cells; instances are the components of φ > 0.

    The zero of φ lies on the edge between pixels: with d, the distance between the centres of a pixel and
    of the nearest one on the other side, φ = ±(d − ½).

    σ, B and T see φ/`SCALE`: the paper leaves the scale of φ open. In pixels, with α = 4, T would be a step
    of one pixel, and the loss that of a mask; divided by the depth at which φ is cut, T is graded over all
    of it, and the neck between two cells can be told from a cell.

    σ(z) = 1/(1 + exp(−(αz + β))) with α and β learned (eq. 5); B(φ) = σ(φ)·σ(−φ) is the soft contour
    (eq. 6, 7), T(z) = 2σ(z) − 1 = tanh((αz + β)/2). The paper's eq. 10 also calls this tanh(α(z − β)), which
    differs by a factor in α and in the sign and scale of β: the form with σ is what is used.
    """

    name: ClassVar[str] = "sdf"
    title: ClassVar[str] = (
        "signed distance, learned with the Modified Hausdorff loss: cells are its connected parts"
    )
    Params: ClassVar[type[SdfParams]] = SdfParams
    learned: ClassVar[Mapping[str, float]] = {"alpha": 4.0, "beta": 0.0}
    context: ClassVar[int] = _DEEPEST + 2
    scale_free: ClassVar[bool] = False

    SCALE: ClassVar[float] = 8.0  # pixels: the φ that σ, B and T see as 1
    UNIT: ClassVar[float] = 24.0  # pixels of φ for an output of 1: how fast a network learns large ones

    def channels(self, params: SdfParams) -> tuple[str, ...]:
        """Return the name of the one map."""
        return _CHANNELS

    def normalization(self, params: SdfParams) -> Normalization:
        """Return percentiles 1 and 99.8."""
        return Normalization()

    def activate(self, outputs: Tensor) -> Tensor:
        """Return φ in pixels."""
        return outputs * self.UNIT

    def encode(
        self, sketch: Sketch, params: SdfParams, window: Window | None = None
    ) -> Target[NDArray[np.float32]]:
        """Return φ where it is known, the side on all strokes, a bound of |φ| on the rest.

        Touching cells are first kept apart by a gap (`open_gap`). What is inside and what is outside then is
        a sketch with two labels; its valid distance set D (Sketchpose, theorem 4) tells where φ is exact.
        Deeper than ``depth`` φ is cut, so that a deeper bound is exact too, and nothing further away than
        that has to be looked at.

        The paint of a cell beside an unlabelled pixel may turn out to be part of the gap, once a touching
        cell is painted. It teaches nothing, and no distance relies on it; but strokes so thin that nothing
        else is left of them are taken at their word, with half the weight.

        Parameters
        ----------
        sketch
            Strokes on an image of shape (H, W).
        params
            ``gap`` and ``depth`` are read.
        window
            A part of the sketch; the whole if left out.

        Returns
        -------
        Target
            Planes ``signed_distance``, ``signed_distance_weight`` (D), ``side`` (+1 inside, −1 outside),
            ``side_weight`` (S; ½ where only the stroke says so), ``bound`` (of |φ|), ``bound_weight`` (S
            without D); shape (6, H, W).
        """
        window = window or sketch.window
        around = expand(window, math.ceil(params.depth) + 2, sketch.shape)
        sides = open_gap(sketch.labels[around], sketch.boundaries[around], params.gap)
        distance, valid = solve(sides, np.zeros(sides.shape, np.bool_))
        here = within(window, around)
        beside = ndimage.binary_dilation(sides == INSIDE, np.ones((3, 3)))[here]
        thin = (sketch.labels[window] > BACKGROUND) & ~beside
        sides, valid = sides[here], valid[here]
        magnitude = np.minimum(distance[here] - 0.5, np.float32(params.depth))
        known = sides != UNKNOWN
        thin &= ~known
        exact = known & (valid | (magnitude >= params.depth))
        side = np.where(sides == INSIDE, 1, -1) * known

        data = np.zeros((len(_TARGET), *sides.shape), np.float32)
        plane = dict(zip(_TARGET, data, strict=True))
        plane["signed_distance"][:] = side * magnitude * exact
        plane["signed_distance_weight"][:] = exact
        plane["side"][:] = side + thin
        plane["side_weight"][:] = known + _THIN * thin
        plane["bound"][:] = magnitude * (known & ~exact)
        plane["bound_weight"][:] = known & ~exact
        return Target(_TARGET, data)

    def loss(
        self,
        outputs: Tensor,
        target: Target[Tensor],
        params: SdfParams,
        learned: Mapping[str, Tensor],
    ) -> tuple[Tensor, Mapping[str, Tensor]]:
        """Return the unified loss (eq. 13) where strokes tell enough for each term, and an inequality.

        - ``lmhd``, eq. 8: B(φ_gt)·|T(φ)|, the predicted distance on the true contour, on D.
        - ``rmhd``, eq. 9: B(φ)·|T(φ_gt)|, the true distance on the predicted contour, on D.
        - ``lse``, eq. 11: (T(φ) − T(φ_gt))², on D.
        - ``ce``, eq. 12: cross-entropy of σ(φ) with the side, on S.
        - ``bound``, not in the paper: ReLU(T(bound) − T(φ))² inside, its mirror image outside, on the
          rest of S: there strokes say only how deep a pixel is at least. With T it is of the kind of ``lse``.

        The paper prints eq. 8 and 9 as sums over the image. Here every term is a mean over the pixels where
        it is known, so that neither the number of strokes nor the patch decides between the terms; for a
        whole image the proportions are those of sums.

        α and β are learned through all of it, the truth's B and T too, as the paper's formulas have it. What
        keeps them from making the task easy is the cross-entropy, which wants σ(φ) to be decided and right;
        α stays above ½ all the same: at 0 all distances would look alike, and without ``ce`` none would mind.

        Parameters
        ----------
        outputs
            float, shape (B, 1, H, W).
        target
            From `encode`, shape (B, 6, H, W).
        params
            The five λ.
        learned
            ``alpha``, ``beta``.

        Returns
        -------
        loss : Tensor
            Scalar.
        terms : Mapping[str, Tensor]
            ``lmhd``, ``rmhd``, ``lse``, ``ce``, ``bound``, weighted.
        """
        phi = self.activate(outputs)[:, 0] / self.SCALE  # (B, H, W)
        phi_true, known = target["signed_distance"] / self.SCALE, target["signed_distance_weight"]
        side = target["side"]
        alpha, beta = learned["alpha"].clamp_min(_FLATTEST), learned["beta"]
        t = _t(phi, alpha, beta)
        t_true, t_bound = _t(phi_true, alpha, beta), _t(side * target["bound"] / self.SCALE, alpha, beta)
        terms = {
            "lmhd": params.lmhd_weight * weighted_mean(_contour(phi_true, alpha, beta) * t.abs(), known),
            "rmhd": params.rmhd_weight * weighted_mean(_contour(phi, alpha, beta) * t_true.abs(), known),
            "lse": params.lse_weight * weighted_mean((t - t_true) ** 2, known),
            "ce": params.ce_weight
            * weighted_mean(-F.logsigmoid(side * (alpha * phi + beta)), target["side_weight"]),
            "bound": params.bound_weight
            * weighted_mean(torch.relu(side * (t_bound - t)) ** 2, target["bound_weight"]),
        }
        return torch.stack(list(terms.values())).sum(), terms

    def imitate(self, outputs: Tensor, maps: Tensor, weight: Tensor, params: SdfParams) -> Tensor:
        """Return the squared differences of φ, near contours by T as well, where little decides.

        Parameters
        ----------
        outputs
            float, shape (B, 1, H, W), of the network.
        maps
            What another network found, of the same shape.
        weight
            Shape (B, H, W): where it counts.
        params
            Not read.
        """
        phi, phi_true = self.activate(outputs)[:, 0] / self.SCALE, maps[:, 0] / self.SCALE
        far = (phi - phi_true) ** 2
        near = (torch.tanh(phi) - torch.tanh(phi_true)) ** 2
        return weighted_mean(far + near, weight)

    def traits(self, windows: Iterable[NDArray[np.float32]], params: SdfParams) -> MapTraits:
        """Return how exact φ is, by its slopes inside cells, and as level the depth that cells reach."""
        every = [_bounded(maps, params) for maps in windows]
        slopes = np.concatenate([_slopes_inside(phi, params.depth) for phi in every])
        inside = np.concatenate([phi[phi > params.edge] for phi in every])
        exact = exactness_of_lengths(slopes) if inside.size else 0.0
        return MapTraits(exact, usual_depth(inside, params.depth))

    def part(self, maps: NDArray[np.float32], params: SdfParams, traits: MapTraits) -> Parts:
        """Return the components (4-neighbours) of φ > ``edge``, grown back over the gap between them.

        That is the paper's decoder, and with ``parting`` 2 and ``speck_size`` 0 all of it. A network that has
        seen little joins some cells, whose necks are cut where they are sharp (`cut_necks`), and sees some
        where there are none (`are_specks`); exact maps are left as they are.

        Parameters
        ----------
        maps
            float32, shape (1, H, W).
        params
            ``parting``, ``edge``, ``gap``, ``depth``.
        traits
            Of the image.
        """
        phi = _bounded(maps, params)
        labels = components(phi > params.edge)
        parting = max(params.parting, traits.exact * _UNCUT)
        if parting < _NEVER:
            labels = cut_necks(phi, labels, parting, params.depth, traits.level)
        return Parts(close_gap(labels, params.gap), phi)

    def decode(
        self, maps: NDArray[np.float32], params: SdfParams, survey: Sequence[Window] | None = None
    ) -> NDArray[np.int32]:
        """Return the cells of a whole image, (H, W), ids 1…n, 0 = background; see `decoding.decode`."""
        return decode(self, maps, params, survey)


def _bounded(maps: NDArray[np.float32], params: SdfParams) -> NDArray[np.float32]:
    phi: NDArray[np.float32] = np.clip(np.nan_to_num(maps[0]), -params.depth, params.depth)
    return phi


def _slopes_inside(phi: NDArray[np.float32], depth: float) -> NDArray[np.float32]:
    slope: NDArray[np.float32] = (
        np.hypot(*np.gradient(phi)) if min(phi.shape) > 1 else np.ones(phi.shape, np.float32)
    )
    return slope[(phi > 0) & (phi < depth - 1)]


def _t(z: Tensor, alpha: Tensor, beta: Tensor) -> Tensor:
    """Return T(z) = 2σ(z) − 1."""
    return torch.tanh((alpha * z + beta) / 2)


def _contour(phi: Tensor, alpha: Tensor, beta: Tensor) -> Tensor:
    """Return B(φ) = σ(φ)·σ(−φ)."""
    return torch.sigmoid(alpha * phi + beta) * torch.sigmoid(beta - alpha * phi)
