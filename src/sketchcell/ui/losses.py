"""The losses of a whole session, in bounded memory."""

from __future__ import annotations

from collections.abc import Iterable

_POINTS = 256  # more cannot be told apart in a small curve


class Losses:
    """Losses in the order of steps; when they become many, neighbours are averaged."""

    def __init__(self) -> None:
        self._points: list[float] = []
        self._pending: list[float] = []
        self._per_point = 1

    @property
    def points(self) -> tuple[float, ...]:
        """Means of equally many losses each."""
        return tuple(self._points)

    @property
    def latest(self) -> float:
        """Mean of the last few losses."""
        last = self._points[-5:] or self._pending or [float("nan")]
        return sum(last) / len(last)

    def extend(self, losses: Iterable[float]) -> None:
        """Add the losses of new steps."""
        for loss in losses:
            self._pending.append(loss)
            if len(self._pending) == self._per_point:
                self._points.append(sum(self._pending) / self._per_point)
                self._pending.clear()
            if len(self._points) == _POINTS:
                pairs = zip(self._points[::2], self._points[1::2], strict=True)
                self._points = [(a + b) / 2 for a, b in pairs]
                self._per_point *= 2

    def clear(self) -> None:
        """Begin anew."""
        self.__init__()  # type: ignore[misc]
