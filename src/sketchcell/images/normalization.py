"""Intensity normalisation of a whole image, channel by channel: percentiles, and CLAHE where it is wanted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from skimage.exposure import equalize_adapthist

from sketchcell.errors import SketchcellError

_SAMPLE_SIDE = 1024
_SMALLEST = 1e-37  # of a span, whose inverse float32 holds

_Limits = tuple[NDArray[np.float32], NDArray[np.float32]]


@dataclass(frozen=True)
class Normalization:
    """Map the `low` percentile of each channel to 0 and the `high` percentile to 1, without clipping.

    Attributes
    ----------
    low, high
        Percentiles in [0, 100], `low` < `high`.
    clahe
        Whether contrast-limited adaptive histogram equalisation (Zuiderveld 1994) follows, which evens out
        brightness across the field. Values are clipped to [0, 1] for it.
    """

    low: float = 1.0
    high: float = 99.8
    clahe: bool = False

    def __post_init__(self) -> None:
        if not 0 <= self.low < self.high <= 100:
            raise SketchcellError(
                f"The normalisation percentiles {self.low} and {self.high} must rise and lie between 0 and "
                "100."
            )

    def apply(
        self, channels: NDArray[np.float32], whole: NDArray[np.float32] | None = None
    ) -> NDArray[np.float32]:
        """Normalise a whole image, or a part of one by the percentiles of the whole.

        Images with more than 1024 rows or columns are sampled on a regular grid for the percentiles, so that
        the result is the same every time and costs little.

        Parameters
        ----------
        channels
            float32 ``(C, H, W)``, finite.
        whole
            What `channels` is a part of, if it is one; not with CLAHE, which looks around.

        Returns
        -------
        float32 ``(C, H, W)``, a new array; a constant channel becomes zeros.
        """
        low, high = self._limits(channels if whole is None else whole)
        span = high.astype(np.float64) - low
        # A constant channel would otherwise be divided by zero.
        factor = np.divide(1.0, span, out=np.zeros_like(span), where=span > 0)
        exact = np.float64 if ((span > 0) & (span < _SMALLEST)).any() else np.float32
        scaled: NDArray[Any] = np.subtract(channels, low[:, np.newaxis, np.newaxis], dtype=exact)
        scaled *= factor.astype(exact)[:, np.newaxis, np.newaxis]
        shifted: NDArray[np.float32] = scaled.astype(np.float32, copy=False)
        if self.clahe:
            for channel in shifted:
                if channel.any():
                    channel[...] = equalize_adapthist(np.clip(channel, 0, 1))
        return shifted

    def _limits(self, channels: NDArray[np.float32]) -> _Limits:
        """Return the intensities that become 0 and 1, one a channel.

        Where both percentiles coincide (a few bright objects on a flat background) they are the channel's
        minimum and maximum; these are equal only for a constant channel.
        """
        rows, columns = (max(1, -(-side // _SAMPLE_SIDE)) for side in channels.shape[1:])
        sample = channels[:, ::rows, ::columns].reshape(channels.shape[0], -1)
        low, high = np.percentile(sample, (self.low, self.high), axis=1).astype(np.float32)
        for index in np.flatnonzero(high <= low):
            low[index], high[index] = channels[index].min(), channels[index].max()
        return low, high
