"""`multiclass`: background, cell and touching, with weights for what is rare and narrow (ICIP 2018)."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

import edt
import numpy as np
import torch
from numpy.typing import NDArray
from scipy import ndimage
from torch import Tensor

from sketchcell.families import shared_params
from sketchcell.families.class_sets import REACH, class_sets, look
from sketchcell.families.classes import BACKGROUND, CELL, CLASSES, GAP, TOUCHING, sees_two, split
from sketchcell.families.decoding import Parts, decode
from sketchcell.families.exactness import exactness_of_probabilities
from sketchcell.families.means import weighted_mean
from sketchcell.families.necks import cut_necks, usual_depth
from sketchcell.families.params import param
from sketchcell.families.protocol import Target
from sketchcell.families.shape_focus import blur_radius, focus
from sketchcell.families.traits import MapTraits
from sketchcell.families.weight_maps import BETA, FOCUS, SAW_SIGMA, UNET_SIGMA, balance, between, decay
from sketchcell.images import Normalization
from sketchcell.sketch import Sketch, Window
from sketchcell.sketch.window import expand, within

_NEVER = 2.0  # a parting from which nothing is cut
_DEEPEST = 8.0  # pixels: how far from its rim a cell is looked at for necks
_MOST_SIGMA = 5.0
_PLANES = {"dwm": ("decay",), "unet": ("focus",), "saw": ("focus", "depth", "radius")}
_FARTHEST = 4.0  # pixels from a touching pixel to the cell that it goes to

UNLIKELY = 0.1
"""How likely touching or gap is where strokes leave open whether it is that or what is painted.

With 1 the rims of all strokes, most of what is known near edges, could be satisfied by calling them touching,
and the network does so before it learns anything else."""


@dataclass(frozen=True)
class MulticlassParams:
    """Parameters of the `multiclass` family; distances in pixels of the working scale."""

    classes: int = param(
        3,
        label="Classes",
        help="2: background and cell. 3: and where cells touch. 4: and the thin gap between near cells.",
        stage="train",
        min=2,
        max=4,
        step=1,
    )
    weighting: str = param(
        "balance",
        label="Weights",
        help="What counts more: balance: rare classes. unet: and what lies between near cells. dwm: and "
        "background near cells. saw: and narrow and concave places. focal: and what is not learned yet.",
        stage="train",
        choices=("balance", "unet", "dwm", "saw", "focal"),
    )
    gamma1: float = param(
        0.25,
        label="Touching",
        help="Pixels whose probability of touching (γ1) is above this part cells. Lower: more and smaller "
        "cells.",
        stage="decode",
        min=0.0,
        max=1.0,
        step=0.01,
        fit=(0.15, 0.2, 0.35, 0.5, 0.65, 0.8),
    )
    gamma2: float = param(
        0.5,
        label="Cell",
        help="Other pixels whose probability of cell (γ2) is above this are cell. Lower: larger cells.",
        stage="decode",
        min=0.0,
        max=1.0,
        step=0.01,
        fit=(0.2, 0.35, 0.65, 0.8),
        moves_outlines=True,
    )
    parting: float = param(
        0.1,
        label="Splitting",
        help="How narrow the neck between two joined cells must be to part them. Lower: more and smaller "
        "cells. 2: only touching pixels part cells, as in the paper.",
        stage="decode",
        min=0.0,
        max=_NEVER,
        step=0.05,
        fit=(0.05, 0.2, 0.35, _NEVER),
    )
    minimum_size: int = shared_params.minimum_size()
    speck_size: float = shared_params.speck_size()
    rarest: float = param(
        0.1,
        label="Rarest class",
        help="A class counts as if it had at least this share of the pixels. 0: full class balance, for "
        "images that are painted whole.",
        stage="train",
        min=0.0,
        max=0.5,
        step=0.01,
    )
    focus: float = param(
        FOCUS,
        label="Focus",
        help="How much the places that unet and saw look for count, beside 1 for the average pixel.",
        stage="train",
        min=0.0,
        max=100.0,
        step=0.5,
    )
    sigma: float = param(
        SAW_SIGMA,
        label="Focus width",
        help="Standard deviation in pixels by which saw spreads the weight of contours.",
        stage="train",
        min=0.5,
        max=_MOST_SIGMA,
        step=0.5,
    )
    beta: float = param(
        BETA,
        label="Background depth",
        help="Background further than this many pixels from cells does not count with dwm.",
        stage="train",
        min=1.0,
        max=200.0,
        step=1.0,
    )
    focal: float = param(
        2.0,
        label="Focal exponent",
        help="How much less focal lets pixels count that are learned already.",
        stage="train",
        min=0.0,
        max=5.0,
        step=0.1,
    )


class Multiclass:
    """Classes by softmax and weighted cross-entropy, cells that touch parted by a class of their own.

    The maps are the probabilities of ``background``, ``cell``, ``touching`` and ``gap``, or the first of
    them.
    """

    name: ClassVar[str] = "multiclass"
    title: ClassVar[str] = "background, cell and touching pixels, as in a U-Net: simple, for compact cells"
    Params: ClassVar[type[MulticlassParams]] = MulticlassParams
    learned: ClassVar[Mapping[str, float]] = {}
    context: ClassVar[int] = max(blur_radius(_MOST_SIGMA), round(4 * UNET_SIGMA), *REACH.values())
    # a contact is two pixels wide at any zoom; zooming by a few tenths changes that by less than a pixel
    scale_free: ClassVar[bool] = True

    def channels(self, params: MulticlassParams) -> tuple[str, ...]:
        """Return the names of the classes."""
        return CLASSES[: params.classes]

    def normalization(self, params: MulticlassParams) -> Normalization:
        """Return percentiles 1 and 99.8."""
        return Normalization()

    def activate(self, outputs: Tensor) -> Tensor:
        """Return probabilities, the softmax over classes."""
        return torch.softmax(outputs, 1)

    def encode(
        self, sketch: Sketch, params: MulticlassParams, window: Window | None = None
    ) -> Target[NDArray[np.float32]]:
        """Return the classes that each painted pixel may have (`class_sets`), and what its weight is made of.

        Only what is known gives weight: the distance of background pixels (``dwm``) is exact on the valid
        distance set and a lower bound on other strokes, which weighs them rather more; ``unet`` looks between
        the cells that are painted; ``saw`` knows contours of closed objects only.

        Parameters
        ----------
        sketch
            Strokes on an image of shape (H, W).
        params
            ``classes``, ``weighting``, ``beta`` and ``sigma``.
        window
            A part of the sketch; the whole if left out.

        Returns
        -------
        Target
            A plane for each class, 1 where a pixel may have it; ``class_weight``, 1 where something is
            known; and, for some weightings: ``decay`` (eq. 2), a factor of class balance; ``focus``, which is
            added to it; ``depth`` and ``radius``, with which SAW's focus is ``focus`` − ``depth``/τ, τ the
            maximum of ``radius`` (`shape_focus.focus`).
        """
        window = window or sketch.window
        around = expand(window, REACH[params.classes], sketch.shape)
        sets = class_sets(look(sketch, around), params.classes)[:, *within(window, around)]
        names = (*self.channels(params), "class_weight", *_PLANES.get(params.weighting, ()))
        data = np.zeros((len(names), *sets.shape[1:]), np.float32)
        data[: params.classes] = sets
        plane = dict(zip(names, data, strict=True))
        plane["class_weight"][:] = sets.any(axis=0) & ~sets.all(axis=0)
        if params.weighting == "dwm":
            away = decay(sketch.distances.distance[window], params.beta)
            plane["decay"][:] = np.where(sets[BACKGROUND] & (sketch.labels[window] == 1), away, 1)
        elif params.weighting == "unet":
            around = expand(window, self.context, sketch.shape)
            term = between(look(sketch, around).certain, UNET_SIGMA)[within(window, around)]
            plane["focus"][:] = term * ~sets[CELL]
        elif params.weighting == "saw":
            around = expand(window, blur_radius(params.sigma), sketch.shape)
            closed = (one for one in sketch.objects if one.closed)
            for name, found in zip(_PLANES["saw"], focus(closed, around, params.sigma), strict=True):
                plane[name][:] = found[within(window, around)]
        return Target(names, data)

    def loss(
        self,
        outputs: Tensor,
        target: Target[Tensor],
        params: MulticlassParams,
        learned: Mapping[str, Tensor],
    ) -> tuple[Tensor, Mapping[str, Tensor]]:
        """Return the weighted cross-entropy with the softmax of the outputs (eq. 1), or the focal loss.

        Where several classes are possible, what counts is −log Σ l·p over the set, with l = 1 for what is
        painted (cell or background) and l = `UNLIKELY` for the rare classes that it might be instead. Where
        one class is possible this is the cross-entropy.

        Parameters
        ----------
        outputs
            float, shape (B, C, H, W).
        target
            From `encode`.
        params
            ``weighting``, ``rarest``, ``focus`` and ``focal``.
        learned
            Not used.

        Returns
        -------
        loss : Tensor
            Scalar: the weighted mean over pixels where something is known.
        terms : Mapping[str, Tensor]
            ``classes``, the same.
        """
        allowed = torch.stack([target[name] for name in self.channels(params)], 1) > 0  # (B, C, H, W)
        known = target["class_weight"] > 0  # (B, H, W)
        log_p = torch.log_softmax(outputs, 1)
        # where nothing is known every class will do: the logarithm is that of 1
        log_p = log_p.masked_fill(~(allowed | ~known[:, None]), -torch.inf)
        log_p = (log_p + _log_likelihood(allowed)).logsumexp(1)  # (B, H, W)
        weight = pixel_weights(target, allowed, known, params).to(log_p.dtype)
        loss = -log_p
        if params.weighting == "focal":
            wrong = (-torch.expm1(log_p)).clamp_min(torch.finfo(log_p.dtype).tiny)
            loss = loss * wrong**params.focal
        loss = (loss * weight).sum() / weight.sum().clamp_min(1)
        return loss, {"classes": loss}

    def imitate(self, outputs: Tensor, maps: Tensor, weight: Tensor, params: MulticlassParams) -> Tensor:
        """Return the cross-entropy with the other probabilities, pixels of rare classes weighted more.

        Parameters
        ----------
        outputs
            float, shape (B, C, H, W), of the network.
        maps
            What another network found, of the same shape.
        weight
            Shape (B, H, W): where it counts.
        params
            ``rarest``.
        """
        p = maps.clamp(0, 1)
        counts = (p * weight[:, None]).sum((0, 2, 3)).double().cpu().numpy()
        w0 = torch.as_tensor(balance(counts, params.rarest), device=p.device)[None, :, None, None]
        # the weight of a pixel is the same for all its classes, so that probabilities stay what they are
        rare = (p * w0).sum(1) * weight
        return weighted_mean(-(p * torch.log_softmax(outputs, 1)).sum(1), rare)

    def traits(self, windows: Iterable[NDArray[np.float32]], params: MulticlassParams) -> MapTraits:
        """Return how exact the probabilities in cells are, and as level the depth that cells reach."""
        every = [_Classes(maps, params) for maps in windows]
        probability = np.concatenate([one.probability[one.cell] for one in every])
        depth = np.concatenate([one.depth()[one.cell] for one in every])
        exact = exactness_of_probabilities(probability) if probability.size else 0.0
        return MapTraits(exact, usual_depth(depth, _DEEPEST))

    def part(self, maps: NDArray[np.float32], params: MulticlassParams, traits: MapTraits) -> Parts:
        """Return instances: algorithm 2.

        Pixels above γ1 in the touching class are touching, others above γ2 in the cell class are cell.
        Connected (4-neighbours) cell pixels are an instance; each touching pixel goes to the nearest one, if
        that is at most 4 px away. With two classes, whose truths have the rims of touching cells as
        background, pixels with two instances within 2 px go to the nearer one.

        That is the paper's decoder, and with ``parting`` 2 and ``speck_size`` 0 all of it. A network that has
        seen few contacts finds few; if it is not sure, joined cells are cut at their necks (`cut_necks`),
        too, and specks are dropped (`are_specks`).

        Parameters
        ----------
        maps
            float32, shape (C, H, W): probabilities.
        params
            ``classes``, ``gamma1``, ``gamma2``, ``parting``.
        traits
            Of the image.
        """
        classes = _Classes(maps, params)
        labels = split(classes.cell)
        evidence = ndimage.uniform_filter(classes.probability, 3)
        if not labels.any():
            return Parts(labels, evidence)
        parting = params.parting + traits.exact * _NEVER
        if parting < _NEVER:
            labels = cut_necks(classes.depth(), labels, parting, _DEEPEST, traits.level)
        touching = (labels == 0) & sees_two(labels, 2) if classes.touching is None else classes.touching
        away, (rows, columns) = ndimage.distance_transform_edt(labels == 0, return_indices=True)
        given = touching & (away <= _FARTHEST)
        labels[given] = labels[rows[given], columns[given]]
        return Parts(labels, evidence)

    def decode(
        self, maps: NDArray[np.float32], params: MulticlassParams, survey: Sequence[Window] | None = None
    ) -> NDArray[np.int32]:
        """Return the cells of a whole image, (H, W), ids 1…n, 0 = background; see `decoding.decode`."""
        return decode(self, maps, params, survey)


class _Classes:
    """What the probabilities say of each pixel: cell, touching, or neither."""

    def __init__(self, maps: NDArray[np.float32], params: MulticlassParams) -> None:
        maps = np.nan_to_num(maps)
        self.probability = maps[CELL]
        self.cell: NDArray[np.bool_] = self.probability > params.gamma2
        self.touching: NDArray[np.bool_] | None = None
        if params.classes > TOUCHING:
            self.touching = maps[TOUCHING] > params.gamma1
            self.cell &= ~self.touching

    def depth(self) -> NDArray[np.float32]:
        """Return the distance to the rim of what is cell, float32 (H, W), in pixels, cut."""
        depth: NDArray[np.float32] = np.minimum(edt.edt(self.cell, black_border=False), np.float32(_DEEPEST))
        return depth


def pixel_weights(target: Target[Tensor], allowed: Tensor, known: Tensor, params: MulticlassParams) -> Tensor:
    """Return the weight of each pixel of a batch, (B, H, W); 0 where nothing is known.

    Class balance is that of the batch's pixels whose class is certain. A pixel that may have several classes
    has the smallest w0 of them.

    Parameters
    ----------
    target
        From `Multiclass.encode`.
    allowed
        bool (B, C, H, W), the classes that pixels may have.
    known
        bool (B, H, W), pixels that count.
    params
        ``weighting``, ``rarest``, ``focus``.
    """
    certain = known & (allowed.sum(1) == 1)
    counts = (allowed & certain[:, None]).sum((0, 2, 3)).double().cpu().numpy()
    w0 = torch.as_tensor(balance(counts, params.rarest), device=allowed.device)[None, :, None, None]
    weight = w0.expand(allowed.shape).masked_fill(~allowed, torch.inf).amin(1)
    weight = weight.masked_fill(~known, 0)
    if params.weighting == "dwm":
        weight = weight * target["decay"]
    elif params.weighting == "unet":
        weight = weight + params.focus * target["focus"] * known
    elif params.weighting == "saw":
        tau = target["radius"].max().clamp_min(1e-6)
        narrow = (target["focus"] - target["depth"] / tau).clamp_min(0)
        weight = weight + params.focus * narrow * known
    return weight


def _log_likelihood(allowed: Tensor) -> Tensor:
    """Return the logarithm of how likely each class is to look as painted, (B, C, H, W).

    1 for a class that is certain and for the plainest of a set; `UNLIKELY` for touching beside another
    class, and for gap beside background.
    """
    unlikely = torch.zeros_like(allowed)
    if allowed.shape[1] > TOUCHING:
        unlikely[:, TOUCHING] = allowed[:, TOUCHING] & (allowed.sum(1) > 1)
    if allowed.shape[1] > GAP:
        unlikely[:, GAP] = allowed[:, GAP] & allowed[:, BACKGROUND]
    return unlikely * math.log(UNLIKELY)
