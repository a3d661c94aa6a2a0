"""Intensity normalisation by percentiles, per channel and image."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sketchcell.errors import SketchcellError

_SAMPLE_SIDE = 1024

#: Values of the lower and the upper percentile, one a channel: two float32 arrays of shape (C,).
Limits = tuple[NDArray[np.float32], NDArray[np.float32]]


@dataclass(frozen=True)
class Normalization:
    """Map the `low` percentile of each channel to 0 and the `high` percentile to 1, without clipping.

    Attributes
    ----------
    low, high
        Percentiles in [0, 100], `low` < `high`.
    """

    low: float = 1.0
    high: float = 99.8

    def __post_init__(self) -> None:
        if not 0 <= self.low < self.high <= 100:
            raise SketchcellError(
                f"The normalisation percentiles {self.low} and {self.high} must rise and lie between 0 and "
                "100."
            )

    def limits(self, channels: NDArray[np.float32]) -> Limits:
        """Intensities that `apply` maps to 0 and to 1.

        Parameters
        ----------
        channels
            float32 ``(C, H, W)``, finite. Images with more than 1024 rows or columns are sampled on a regular
            grid, so that the result is the same every time and costs little.

        Returns
        -------
        Two float32 arrays of shape ``(C,)``. Where both percentiles coincide (a few bright objects on a flat
        background) they are the channel's minimum and maximum; these are equal only for a constant channel.
        """
        rows, columns = (max(1, -(-side // _SAMPLE_SIDE)) for side in channels.shape[1:])
        sample = channels[:, ::rows, ::columns].reshape(channels.shape[0], -1)
        low, high = np.percentile(sample, (self.low, self.high), axis=1).astype(np.float32)
        for index in np.flatnonzero(high <= low):
            low[index], high[index] = channels[index].min(), channels[index].max()
        return low, high

    def apply(self, channels: NDArray[np.float32], limits: Limits | None = None) -> NDArray[np.float32]:
        """Normalise an image, or a window of it with the whole image's `limits`.

        Parameters
        ----------
        channels
            float32 ``(C, H, W)``, finite.
        limits
            What `limits` returned for the whole image; computed from `channels` when omitted.

        Returns
        -------
        float32 ``(C, H, W)``, a new array; a constant channel becomes zeros.
        """
        low, high = self.limits(channels) if limits is None else limits
        span = high.astype(np.float64) - low
        # A constant channel would otherwise be divided by zero.
        factor = np.divide(1.0, span, out=np.zeros_like(span), where=span > 0)
        shifted = channels - low[:, np.newaxis, np.newaxis]
        shifted *= factor.astype(np.float32)[:, np.newaxis, np.newaxis]
        return shifted
