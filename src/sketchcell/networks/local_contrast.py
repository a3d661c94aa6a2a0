"""Local contrast: what an image looks like when each place is seen in the light of its surroundings."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import torch
from torch import Tensor, nn

LEAST = 0.02  # of normalised intensities: weaker contrast than that is noise
STRENGTH = 0.1  # of a contrast of one standard deviation: the image itself has the first say
WIDER = 2  # the standard deviation is that of surroundings so much larger than those of the mean
_TRUNCATE = 3  # standard deviations, where a Gaussian ends


class LocalContrast(nn.Module):
    """Add to each channel how it differs from its surroundings, in standard deviations of these.

    For each σ: (x − G_σ x)/(√(G_2σ (x − G_σ x)²) + ε), local response normalisation on two scales. Gain and
    offset of the light cancel, so that dim cells look like bright ones, and a network need not learn first
    what contrast is. Nothing in it is learned.

    Parameters
    ----------
    sigmas
        Standard deviations σ of the surroundings, in pixels: one more channel each.
    """

    def __init__(self, sigmas: Sequence[float] = (2.0, 6.0)) -> None:
        super().__init__()
        self.sigmas = tuple(sigmas)

    @property
    def reach(self) -> int:
        """How far an output pixel sees, in pixels to each side."""
        return max((_radius(s) + _radius(WIDER * s) for s in self.sigmas), default=0)

    @property
    def channels(self) -> int:
        """Outputs for each channel of the input."""
        return 1 + len(self.sigmas)

    def forward(self, x: Tensor) -> Tensor:
        """Map (B, C, H, W) to (B, C · `channels`, H, W): the input, then its contrast at each σ."""
        found = [x]
        # not in bfloat16, where little is left of a difference
        with torch.autocast(x.device.type, enabled=False), torch.no_grad():
            for sigma in self.sigmas:
                difference = x - _blur(x, sigma)
                spread = _blur(difference.square(), WIDER * sigma).sqrt()
                found.append(STRENGTH * difference / (spread + LEAST))
        return torch.cat(found, 1)


def _radius(sigma: float) -> int:
    return int(_TRUNCATE * sigma)


def gaussian(sigma: float) -> Tensor:
    """Return the weights of a Gaussian at whole pixels, float64, shape (2 · radius + 1,)."""
    radius = _radius(sigma)
    places = torch.arange(-radius, radius + 1, dtype=torch.float64)
    kernel = torch.exp(-((places / sigma) ** 2) / 2)
    return kernel / kernel.sum()


def _blur(x: Tensor, sigma: float) -> Tensor:
    """Return (B, C, H, W) blurred by a Gaussian, the edge's pixels repeated beyond it."""
    # as products of matrices: much faster than convolutions of so few channels with such long kernels
    rows, columns = (_smoothing(side, sigma).to(x.device, x.dtype) for side in x.shape[2:])
    return rows @ x.contiguous() @ columns.T


@lru_cache(maxsize=64)
def _smoothing(side: int, sigma: float) -> Tensor:
    """Return the matrix (side, side) that blurs a row of pixels, float64."""
    radius = _radius(sigma)
    kernel = gaussian(sigma)
    pixel = torch.arange(side)[:, None]
    seen = (pixel + torch.arange(-radius, radius + 1)).clamp(0, side - 1)  # (side, taps)
    return torch.zeros(side, side, dtype=torch.float64).scatter_add_(1, seen, kernel.expand(side, -1))
