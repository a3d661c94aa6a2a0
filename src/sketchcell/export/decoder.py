"""The decoder of `flow` as part of a graph: `Flow.decode` in operations that every runtime has."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from sketchcell.errors import SketchcellError
from sketchcell.export.components import grouped, shortened, spot_numbers, summed
from sketchcell.export.graph import Graph
from sketchcell.export.tensors import count, resized
from sketchcell.families.flow import Flow, FlowParams
from sketchcell.model import Model

# These are the numbers of `families.flow`, `euler`, `regions`, `specks` and `exactness`. TorchScript takes
# numbers from outside a function as default arguments only.
_DEEPEST = 30.0
_LENGTHS = (0.2, 1.5)
_MERGES = 12
_DOUBLINGS = 6
_EXACT = (0.25, 0.45)
_CLOSE = 0.05
_HIGH, _TINY = 0.9, 0.4
_NEVER = 1e30


class LabelsGraph(nn.Module):
    """Maps and instance labels from an image.

    Parameters
    ----------
    graph
        From image to maps.
    model
        Of the family `flow`.

    Raises
    ------
    SketchcellError
        When the model is of another family.
    """

    def __init__(self, graph: Graph, model: Model) -> None:
        super().__init__()
        params = model.config.params
        if not isinstance(params, FlowParams):
            raise SketchcellError(
                f"The decoder of '{model.family.name}' floods or cuts cells pixel after pixel, which no "
                "exported graph can; only that of 'flow' can be put into one. Export the maps alone."
            )
        self.before = graph
        self.unit = float(Flow.UNIT)
        self.threshold = float(params.distance_threshold)
        self.parting = float(params.parting)
        self.specks = float(params.speck_size)
        self.minimum = float(params.minimum_size)
        self.doublings, self.deepest, self.close = _DOUBLINGS, _DEEPEST, _CLOSE
        self.learned, self.exact = _EXACT

    def forward(self, image: Tensor) -> tuple[Tensor, Tensor]:
        """Map one image (1, C, H, W) to maps (1, N, H, W) and labels int32 (1, 1, H, W), 0 = background."""
        maps = self.before.working(image)
        height, width = image.shape[2], image.shape[3]
        area = count(height, image) * count(width, image)
        labels = self.decode(maps[0], area)
        rows = _nearest(labels.shape[0], height, image)
        labels = labels.index_select(0, rows).index_select(1, _nearest(labels.shape[1], width, image))
        if self.before.numerator != self.before.denominator:
            maps = resized(maps, height, width)
        return maps, labels.to(torch.int32)[None, None]

    def decode(self, maps: Tensor, area: Tensor) -> Tensor:
        """Return labels int64 (h, w) of maps (3, h, w), where the image has `area` pixels."""
        maps = torch.nan_to_num(maps).clamp(-1e6, 1e6)
        inside = maps[0] > self.threshold / self.unit
        flow = maps[1:] / (maps[1:].square().sum(0).sqrt()).clamp(min=1)
        length = flow.square().sum(0).sqrt()
        landed, velocity = _hop(flow, inside)
        for _ in range(self.doublings):
            landed = landed.index_select(0, landed)
        mask = inside.flatten()
        ends = torch.zeros_like(landed).scatter_reduce(0, landed, mask.long(), "amax")
        spots = spot_numbers(ends.reshape(inside.shape) > 0)
        parts = spots.index_select(0, landed) * mask.long()
        pixels = mask.double().sum().clamp(min=1)
        right = (((length.flatten() - 1).abs() < self.close) & mask).double().sum() / pixels
        exact = ((right - self.learned) / (self.exact - self.learned)).clamp(0, 1)
        power = (length.flatten().square().double() * mask.double()).sum() / pixels
        learned, sure = _judged(exact, 0.5 * power.square(), 0.85), _judged(exact, power**3, 0.78)
        depth = (maps[0].double() * self.unit * sure).clamp(0, self.deepest)
        parts = _rejoined(
            parts, inside.shape[0], inside.shape[1], velocity, depth, self.parting * learned, 2 * (1 - exact)
        )
        kept = _large_enough(parts, length.flatten(), self.specks)
        parts = torch.where(exact < 1, parts * kept.long(), parts)
        zoom = count(parts.shape[0], parts).double() / area.double()
        return _tidy(parts, (self.minimum * zoom).round()).reshape(inside.shape)


def _judged(exact: Tensor, learned: Tensor, of_truth: float) -> Tensor:
    return learned + (of_truth - learned) * exact


def _nearest(before: int, after: int, like: Tensor) -> Tensor:
    places = torch.arange(after, device=like.device)
    return (2 * places + 1) * count(before, like) // (2 * count(after, like))


def _hop(flow: Tensor, inside: Tensor) -> tuple[Tensor, Tensor]:
    """Return where each pixel's path is after four Euler steps, (N,), and its mean velocity over two."""
    height, width = inside.shape[0], inside.shape[1]
    rows = torch.arange(height, device=flow.device)[:, None].expand(height, width).to(flow.dtype)
    columns = torch.arange(width, device=flow.device)[None].expand(height, width).to(flow.dtype)
    start = torch.stack((columns, rows), -1)  # (h, w, 2)
    last = torch.cat((count(width, flow), count(height, flow))) - 1
    size = 2 / last.clamp(min=1).to(flow.dtype)
    field = flow.flip(0)[None]
    move = field[0].permute(1, 2, 0)
    near = start
    place = torch.minimum((start + move).clamp(min=0), last.to(flow.dtype))
    for step in range(3):
        grid = (place * size - 1)[None]
        move = F.grid_sample(field, grid, mode="bilinear", padding_mode="border", align_corners=True)
        place = torch.minimum((place + move[0].permute(1, 2, 0)).clamp(min=0), last.to(flow.dtype))
        if step == 0:
            near = place
    end = place.round().long()
    landed = (end[..., 1] * count(width, flow) + end[..., 0]).flatten()
    mask = inside.flatten()
    stays = torch.arange(mask.shape[0], device=flow.device)
    landed = torch.where(mask & mask.index_select(0, landed), landed, stays)
    velocity = ((near - start) / 2).permute(2, 0, 1).flip(0) * inside
    return landed, velocity


def _pairs(plane: Tensor, axis: int) -> tuple[Tensor, Tensor]:
    size = plane.shape[axis]
    ahead = torch.arange(1, size, device=plane.device)
    return plane.index_select(axis, ahead - 1), plane.index_select(axis, ahead)


def _borders(parts: Tensor, velocity: Tensor, depth: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Return pairs of neighbours in different parts: both numbers, divergence, weight."""
    firsts, seconds, divergences, weights = [], [], [], []
    for axis in (0, 1):
        a, b = _pairs(parts, axis)
        where = ((a != b) & (a > 0) & (b > 0)).flatten().nonzero()[:, 0]
        before, after = _pairs(velocity, axis + 1)
        change = (after - before).flatten(1).index_select(1, where)
        one, two = _pairs(depth, axis)
        deep = torch.minimum(one, two).flatten().index_select(0, where)
        size = change.square().sum(0).sqrt() / 2
        divergences.append(torch.where(change[axis] < 0, -size, size).double())
        firsts.append(a.flatten().index_select(0, where))
        seconds.append(b.flatten().index_select(0, where))
        weights.append((-deep).exp())
    return torch.cat(firsts), torch.cat(seconds), torch.cat(divergences), torch.cat(weights)


def _rejoined(
    parts: Tensor,
    height: int,
    width: int,
    velocity: Tensor,
    depth: Tensor,
    parting: Tensor,
    shape: Tensor,
    merges: int = _MERGES,
) -> Tensor:
    """Merge neighbouring parts whose common border hardly parts the flow; see `families.regions.rejoin`."""
    first, second, divergence, weight = _borders(parts.reshape(height, width), velocity, depth)
    moment = weight * divergence
    numbers = parts.shape[0] + 1
    area = torch.zeros(numbers, dtype=torch.float64, device=parts.device)
    area = area.scatter_add(0, parts, torch.ones_like(parts).double())
    final = torch.arange(numbers, device=parts.device)
    left = torch.full((), merges, dtype=torch.int64, device=parts.device)
    if torch.jit.is_scripting():  # type: ignore[attr-defined]
        while bool(left > 0):
            left, first, second, area, final = _merged(
                left, first, second, area, final, weight, moment, parting, shape
            )
    else:
        final = _merged_in_a_loop(left, first, second, area, final, weight, moment, parting, shape)
    return final.index_select(0, parts)


def _merged_in_a_loop(
    left: Tensor,
    first: Tensor,
    second: Tensor,
    area: Tensor,
    final: Tensor,
    weight: Tensor,
    moment: Tensor,
    parting: Tensor,
    shape: Tensor,
) -> Tensor:
    """Merge until nothing changes, as a loop that stays one in ONNX; return the numbers of all parts."""
    from torch._higher_order_ops.while_loop import while_loop  # with it comes all of the compiler

    found: Tensor = while_loop(  # type: ignore[no-untyped-call]
        lambda left, *_: left > 0,
        lambda left, first, second, area, final: _merged(
            left, first, second, area, final, weight, moment, parting, shape
        ),
        (left, first, second, area, final),
    )[-1]
    return found


def _merged(
    left: Tensor,
    first: Tensor,
    second: Tensor,
    area: Tensor,
    final: Tensor,
    weight: Tensor,
    moment: Tensor,
    parting: Tensor,
    shape: Tensor,
    shortest: float = _LENGTHS[0],
    longest: float = _LENGTHS[1],
    never: float = _NEVER,
) -> tuple[Tensor, Tensor, Tensor, Tensor, Tensor]:
    """Merge pairs that are each other's weakest border, once; rounds that are left, 0 if there were none."""
    low, high = torch.minimum(first, second), torch.maximum(first, second)
    order, group = grouped(low * count(area.shape[0], area) + high)
    # in the order of the keys: both numbers of each border pixel, and what its whole border has
    low, high = low.index_select(0, order), high.index_select(0, order)
    apart = (low != high).double()
    size = group.shape[0]
    length = summed(apart, group, size).index_select(0, group)
    heavy = summed(weight.index_select(0, order) * apart, group, size).index_select(0, group)
    parted = summed(moment.index_select(0, order) * apart, group, size).index_select(0, group)
    least = torch.minimum(area.index_select(0, low), area.index_select(0, high))
    diameter = (least.clamp(min=1) * (4 / 3.141592653589793)).sqrt()
    ratio = (length / diameter).clamp(shortest, longest)
    mean = parted / torch.where(heavy > 0, heavy, torch.ones_like(heavy)) / ratio.pow(shape)
    mean = torch.where(apart > 0, mean, torch.full_like(mean, never))
    weakest = torch.full_like(area, never)
    weakest = weakest.scatter_reduce(0, low, mean, "amin").scatter_reduce(0, high, mean, "amin")
    merge = (mean < parting) & (mean <= weakest.index_select(0, low))
    merge = merge & (mean <= weakest.index_select(0, high)) & (apart > 0)
    parents = torch.arange(area.shape[0], device=area.device)
    parents = shortened(parents.scatter_reduce(0, low, torch.where(merge, high, low), "amax"))
    return (
        (left - 1) * merge.any().long(),
        parents.index_select(0, first),
        parents.index_select(0, second),
        torch.zeros_like(area).scatter_add(0, parents, area),
        parents.index_select(0, final),
    )


def _large_enough(
    parts: Tensor,
    height: Tensor,
    share: float,
    high: float = _HIGH,
    tiny: float = _TINY,
    never: float = _NEVER,
) -> Tensor:
    """Tell which pixels are not in a speck, (N,); see `families.specks.without_specks`."""
    numbers = parts.shape[0] + 1
    area = torch.zeros(numbers, dtype=torch.float64, device=parts.device)
    area = area.scatter_add(0, parts, (parts > 0).double())
    peak = torch.full((numbers,), -never, dtype=torch.float64, device=parts.device)
    peak = peak.scatter_reduce(0, parts, height.double(), "amax")
    there = area > 0
    last = count(numbers, parts) - 1
    cells = there.long().sum(0, keepdim=True).clamp(min=1)
    ordered = area.sort()[0]
    before = (ordered.cumsum(0) < ordered.sum() / 2).long().sum(0, keepdim=True)
    heaviest = ordered.index_select(0, torch.minimum(before, last))
    middle = _among_last(ordered, last, cells, 0.5)
    typical = torch.minimum(heaviest, 2 * middle)
    peaks = torch.where(there, peak, torch.full_like(peak, -never)).sort()[0]
    low = peak < high * _among_last(peaks, last, cells, 0.9)
    speck = ((area < share * typical) & low) | (area < tiny * share * typical)
    return ~speck.index_select(0, parts)


def _among_last(ordered: Tensor, last: Tensor, cells: Tensor, share: float) -> Tensor:
    """Return a quantile of the last `cells` values, interpolated linearly, shape (1,)."""
    place = (cells - 1).double() * share
    below = place.floor().long()
    above = torch.minimum(below + 1, cells - 1)
    start = last - cells + 1
    low, high = ordered.index_select(0, start + below), ordered.index_select(0, start + above)
    return low + (high - low) * (place - below)


def _tidy(parts: Tensor, minimum: Tensor) -> Tensor:
    """Drop small parts and number the rest 1…n, (N,)."""
    numbers = parts.shape[0] + 1
    area = torch.zeros(numbers, dtype=torch.float64, device=parts.device)
    area = area.scatter_add(0, parts, (parts > 0).double())
    keep = (area >= minimum.clamp(min=1)).long()
    return (keep.cumsum(0) * keep).index_select(0, parts)
