"""Intensity normalisation of a whole image, channel by channel: percentiles, and CLAHE where it is wanted."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from skimage.exposure import equalize_adapthist

from sketchcell.errors import SketchcellError

SAMPLE_SIDE = 1024
_SMALLEST = 1e-37  # of a span, whose inverse float32 holds


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
        shifted = self.limits(channels if whole is None else whole).apply(channels)
        if self.clahe:
            for channel in shifted:
                if channel.any():
                    channel[...] = equalize_adapthist(np.clip(channel, 0, 1))
        return shifted

    def limits(self, channels: NDArray[np.float32]) -> Limits:
        """Return the intensities of a whole image, ``(C, H, W)``, that become 0 and 1."""
        rows, columns = (sampling_step(side) for side in channels.shape[1:])
        sample = channels[:, ::rows, ::columns].reshape(channels.shape[0], -1)
        return self.limits_of_sample(
            sample, lambda channel: (channels[channel].min(), channels[channel].max())
        )

    def limits_of_sample(
        self, sample: NDArray[np.float32], extremes: Callable[[int], tuple[float, float]]
    ) -> Limits:
        """Return the intensities that become 0 and 1.

        Where both percentiles coincide (a few bright objects on a flat background) they are the channel's
        minimum and maximum; these are equal only for a constant channel.

        Parameters
        ----------
        sample
            ``(C, N)``: every `sampling_step` pixels of an image, in both directions.
        extremes
            Gives the minimum and maximum of a channel of the whole image.
        """
        low, high = np.percentile(sample, (self.low, self.high), axis=1).astype(np.float32)
        for index in np.flatnonzero(high <= low):
            low[index], high[index] = extremes(int(index))
        return Limits(low, high)


def sampling_step(side: int) -> int:
    """Return how many pixels apart a side of an image is sampled for its percentiles."""
    return max(1, -(-side // SAMPLE_SIDE))


@dataclass(frozen=True, eq=False)
class Limits:
    """Which intensities become 0 and 1, float32, one a channel."""

    low: NDArray[np.float32]
    high: NDArray[np.float32]

    def apply(self, channels: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return an image ``(C, H, W)`` or a part of one at this scale; a constant channel becomes zeros."""
        span = self.high.astype(np.float64) - self.low
        # A constant channel would otherwise be divided by zero.
        factor = np.divide(1.0, span, out=np.zeros_like(span), where=span > 0)
        exact = np.float64 if ((span > 0) & (span < _SMALLEST)).any() else np.float32
        scaled: NDArray[Any] = np.subtract(channels, self.low[:, np.newaxis, np.newaxis], dtype=exact)
        scaled *= factor.astype(exact)[:, np.newaxis, np.newaxis]
        return scaled.astype(np.float32, copy=False)
