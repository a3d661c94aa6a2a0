"""`distance`: each cell's distance map divided by its maximum (SAMCell), from partial sketches too."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F

from sketchcell.families import shared_params
from sketchcell.families.decoding import Parts, decode
from sketchcell.families.means import weighted_mean
from sketchcell.families.params import param
from sketchcell.families.protocol import Target
from sketchcell.families.traits import MapTraits
from sketchcell.families.valleys import flood, join_flat_valleys, peaks_above
from sketchcell.images import Normalization
from sketchcell.sketch import Sketch, Window
from sketchcell.sketch.ids import BACKGROUND
from sketchcell.sketch.window import intersect, within

_CHANNELS = ("distance",)
_TARGET = (
    "distance",
    "distance_weight",
    "side",
    "side_weight",
    "bound",
    "bound_weight",
    "expected",
    "expected_weight",
)
_LEAST = 0.09  # of the map in a cell, to be found: SAMCell's fill threshold
_SURE = 0.95  # of a cell's peak: the map is as good as exact, where it is 1
_STEEPNESS, _OFFSET = 4.0, -2.0  # of the sigmoid's argument
_CORE = 0.6  # of the map, in the middle of a stroke: above SAMCell's peak threshold


@dataclass(frozen=True)
class DistanceParams:
    """Parameters of the `distance` family."""

    peak_threshold: float = param(
        0.5,
        label="Cell peak",
        help="Where the map is above this, a cell begins. Lower: more cells are found.",
        stage="decode",
        min=0.0,
        max=1.0,
        step=0.01,
        fit=(0.2, 0.3, 0.4, 0.47, 0.55, 0.6, 0.65, 0.75),
    )
    fill_threshold: float = param(
        0.09,
        label="Cell edge",
        help="Pixels where the map is above this belong to a cell. Lower: larger cells.",
        stage="decode",
        min=0.0,
        max=1.0,
        step=0.01,
        fit=(0.03, 0.06, 0.12, 0.16, 0.2, 0.25, 0.3),
        moves_outlines=True,
    )
    parting: float = param(
        0.1,
        label="Splitting",
        help="How sharp a valley of the map must be to keep two cells apart. Lower: more and smaller cells; "
        "0: every valley parts.",
        stage="decode",
        min=0.0,
        max=1.0,
        step=0.01,
        fit=(0.0, 0.25),
    )
    minimum_size: int = shared_params.minimum_size()
    speck_size: float = shared_params.speck_size()
    clahe: bool = param(
        False,
        label="Even out the light",
        help="Contrast-limited adaptive histogram equalisation (CLAHE) of the image.",
        stage="train",
    )
    distance_weight: float = param(
        5.0,
        label="Distance weight",
        help="λ of the distance term: background, and cells whose outline is painted.",
        stage="train",
        min=0.0,
        max=100.0,
        step=0.1,
    )
    sign_weight: float = param(
        1.0,
        label="Sign weight",
        help="λ of the cross-entropy: cell or background.",
        stage="train",
        min=0.0,
        max=100.0,
        step=0.1,
    )
    bound_weight: float = param(
        5.0,
        label="Bound weight",
        help="λ of the term for strokes that reach a known edge: the map falls towards it.",
        stage="train",
        min=0.0,
        max=100.0,
        step=0.1,
    )
    size_weight: float = param(
        5.0,
        label="Size weight",
        help="λ of an assumption: strokes run through the middle of cells. 0: only what is certain counts.",
        stage="train",
        min=0.0,
        max=100.0,
        step=0.1,
    )


class Distance:
    """SAMCell's distance map, on any network and from partial sketches.

    The only map is ``distance``: n(x) = d(x) / max d in x's cell, with d the Euclidean distance to the
    nearest pixel that is not of the cell; 0 outside; in [0, 1]. It has no unit, so that zooming an image
    leaves it right. It is sigmoid(4 · output − 2): steep, so that a small network reaches both ends within
    few steps, and low to begin with, as most of an image is. Outputs z of a network that was taught with a
    plain sigmoid become (z + 2)/4.

    SAMCell normalises images to zero mean and unit variance; here, as for the other families, percentiles
    are mapped to 0 and 1, which is the same to a network that normalises its features.
    """

    name: ClassVar[str] = "distance"
    title: ClassVar[str] = "normalised distance map and watershed, as in SAMCell: round and compact cells"
    Params: ClassVar[type[DistanceParams]] = DistanceParams
    learned: ClassVar[Mapping[str, float]] = {}
    context: ClassVar[int] = 0
    scale_free: ClassVar[bool] = True

    def channels(self, params: DistanceParams) -> tuple[str, ...]:
        """Return the name of the only map."""
        return _CHANNELS

    def normalization(self, params: DistanceParams) -> Normalization:
        """Return percentiles 1 and 99.8, then CLAHE where it is wanted."""
        return Normalization(clahe=params.clahe)

    def activate(self, outputs: Tensor) -> Tensor:
        """Return sigmoid(4 · outputs − 2)."""
        return torch.sigmoid(_STEEPNESS * outputs + _OFFSET)

    def encode(
        self, sketch: Sketch, params: DistanceParams, window: Window | None = None
    ) -> Target[NDArray[np.float32]]:
        """Return the exact map of closed objects and of background, bounds for the other strokes.

        A fully painted image gives SAMCell's target. An object that the image's edge cuts is divided by its
        maximum inside the image, as it would be there. From a partial sketch:

        - Background strokes and drawn boundaries are 0, exactly.
        - An object whose outline is known all round is exact: all of it is painted.
        - Whether a pixel is in a cell (``side``) is known of all strokes; left out is the rim of closed
          objects, n < 0.09, which SAMCell's decoder gives to the background.
        - Of any other object something is missing, and its maximum M with it. Certain is that n > 0 and, as
          M ≥ b, the largest bound on the strokes painted of it, that n(x) = d(x)/M ≤ d(x)/b where d is exact
          (on D, Sketchpose's theorem 4): towards a known edge the map falls.
        - Not certain, but without it nothing says that a cell has a peak when none is closed: strokes are
          taken to run through the middle of cells, so that n(x) ≥ 0.6 · bound(x)/b, never more than what is
          certain. ``size_weight`` 0 leaves this out.

        Parameters
        ----------
        sketch
            Strokes on an image of shape (H, W).
        params
            Not read.
        window
            A part of the sketch; the whole if left out.

        Returns
        -------
        Target
            Planes ``distance``, ``distance_weight``, ``side`` (+1 cell, −1 background), ``side_weight``,
            ``bound``, ``bound_weight`` (an upper one), ``expected``, ``expected_weight`` (a lower one); shape
            (8, H, W).
        """
        window = window or sketch.window
        labels, boundaries = sketch.labels[window], sketch.boundaries[window]
        outside = (labels == BACKGROUND) | boundaries
        data = np.zeros((len(_TARGET), *labels.shape), np.float32)
        plane = dict(zip(_TARGET, data, strict=True))
        plane["distance_weight"][:] = plane["side_weight"][:] = outside
        plane["side"][outside] = -1
        for one in sketch.objects.within(window):
            shared = intersect(one.box, window)
            if shared is None:
                continue
            here, there = within(shared, window), within(shared, one.box)
            mask = one.mask[there]
            # of an object that is not closed, this is a bound where it is not on D
            relative = one.distance[there][mask] / one.thickness
            plane["side"][here][mask] = 1
            plane["side_weight"][here][mask] = 1
            if one.closed:
                plane["distance"][here][mask] = relative
                plane["distance_weight"][here][mask] = 1
                plane["side_weight"][here][mask] = relative >= _LEAST
                continue
            plane["bound"][here][mask] = relative
            plane["bound_weight"][here][mask] = sketch.distances.valid[shared][mask]
            plane["expected"][here][mask] = _CORE * relative
            plane["expected_weight"][here][mask] = 1
        return Target(_TARGET, data)

    def loss(
        self,
        outputs: Tensor,
        target: Target[Tensor],
        params: DistanceParams,
        learned: Mapping[str, Tensor],
    ) -> tuple[Tensor, Mapping[str, Tensor]]:
        """Return SAMCell's L2 loss on the sigmoid where the map is exact, squared violations elsewhere.

        Not in the paper: a cross-entropy of cell and background, on all strokes. Its logit is that of n, with
        the zero at SAMCell's fill threshold, n = 0.09, from which a cell is found. In L2 the two differ by
        less than the inside of one cell does; without this term a network learns that last.

        Parameters
        ----------
        outputs
            float, shape (B, 1, H, W), of the network.
        target
            From `encode`, shape (B, 8, H, W).
        params
            The four λ.
        learned
            Not used.

        Returns
        -------
        loss : Tensor
            Scalar.
        terms : Mapping[str, Tensor]
            ``distance``, ``sign``, ``bound``, ``size``, weighted.
        """
        n = self.activate(outputs)[:, _CHANNELS.index("distance")]  # (B, H, W)
        inside = outputs[:, 0] * _STEEPNESS + _OFFSET - math.log(_LEAST / (1 - _LEAST))  # a logit
        too_high = torch.relu(n - target["bound"])
        too_low = torch.relu(target["expected"] - n)
        terms = {
            "distance": params.distance_weight
            * weighted_mean((n - target["distance"]) ** 2, target["distance_weight"]),
            "sign": params.sign_weight
            * weighted_mean(-F.logsigmoid(target["side"] * inside), target["side_weight"]),
            "bound": params.bound_weight * weighted_mean(too_high**2, target["bound_weight"]),
            "size": params.size_weight * weighted_mean(too_low**2, target["expected_weight"]),
        }
        return torch.stack(list(terms.values())).sum(), terms

    def imitate(self, outputs: Tensor, maps: Tensor, weight: Tensor, params: DistanceParams) -> Tensor:
        """Return the cross-entropy of the sigmoid with the other map, which is a share as well.

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
        logit = outputs[:, 0] * _STEEPNESS + _OFFSET
        n = maps[:, 0].clamp(0, 1)
        return weighted_mean(F.binary_cross_entropy_with_logits(logit, n, reduction="none"), weight)

    def traits(self, windows: Iterable[NDArray[np.float32]], params: DistanceParams) -> MapTraits:
        """Return whether the map is as good as exact: whether the peaks of most cells are about 1."""
        peaks = [peaks_above(_bounded(maps), params.peak_threshold) for maps in windows]
        median = float(np.median(np.concatenate(peaks))) if any(one.size for one in peaks) else 0.0
        return MapTraits(exact=float(median >= _SURE), level=median)

    def part(self, maps: NDArray[np.float32], params: DistanceParams, traits: MapTraits) -> Parts:
        """Return instances: watershed of the map from its peaks, flat valleys joined.

        As in SAMCell: seeds are the connected components of map > ``peak_threshold``, and the watershed of
        −map grows them over map > ``fill_threshold``; what no seed reaches is background. SAMCell "would
        consistently segment" a peanut "as two cells"; a valley that is flat, as in a cell's own neck, is
        joined here (`join_flat_valleys`), and specks of an unsure map are dropped (`are_specks`). With
        ``parting`` 0, ``speck_size`` 0, and SAMCell's thresholds 0.47 and 0.09 this is its decoder. The
        default peak is 0.5: a small network that learned from strokes keeps valleys above 0.47.

        Parameters
        ----------
        maps
            float32, shape (1, H, W), in [0, 1].
        params
            ``peak_threshold``, ``fill_threshold``, ``parting``.
        traits
            Not read.
        """
        map_ = _bounded(maps)
        parts, count = flood(map_, params.peak_threshold, params.fill_threshold)
        return Parts(join_flat_valleys(map_, parts, count, params.parting), map_)

    def decode(
        self, maps: NDArray[np.float32], params: DistanceParams, survey: Sequence[Window] | None = None
    ) -> NDArray[np.int32]:
        """Return the cells of a whole image, (H, W), ids 1…n, 0 = background; see `decoding.decode`."""
        return decode(self, maps, params, survey)


def _bounded(maps: NDArray[np.float32]) -> NDArray[np.float32]:
    bounded: NDArray[np.float32] = np.clip(np.nan_to_num(maps[0]), 0, 1)
    return bounded
