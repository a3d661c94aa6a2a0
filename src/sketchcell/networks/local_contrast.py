"""Local contrast: what an image looks like when each place is seen in the light of its surroundings."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F

_LEAST = 0.02  # of normalised intensities: weaker contrast than that is noise
_STRENGTH = 0.1  # of a contrast of one standard deviation: the image itself has the first say
_WIDER = 2  # the standard deviation is that of surroundings so much larger than those of the mean
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
        return max((_radius(s) + _radius(_WIDER * s) for s in self.sigmas), default=0)

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
                spread = _blur(difference.square(), _WIDER * sigma).sqrt()
                found.append(_STRENGTH * difference / (spread + _LEAST))
        return torch.cat(found, 1)


def _radius(sigma: float) -> int:
    return int(_TRUNCATE * sigma)


def _blur(x: Tensor, sigma: float) -> Tensor:
    """Return (B, C, H, W) blurred by a Gaussian, the edge's pixels repeated beyond it."""
    radius = _radius(sigma)
    places = torch.arange(-radius, radius + 1, dtype=x.dtype, device=x.device)
    kernel = torch.exp(-((places / sigma) ** 2) / 2)
    kernel = kernel / kernel.sum()
    y = F.pad(x, (radius, radius, radius, radius), mode="replicate")
    # each channel as an image of its own: grouped convolutions are slow
    y = y.reshape(-1, 1, *y.shape[2:])
    y = F.conv2d(F.conv2d(y, kernel[None, None, :, None]), kernel[None, None, None, :])
    return y.reshape(x.shape)
