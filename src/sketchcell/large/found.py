"""What came of a large image."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Found:
    """What came of a large image.

    Attributes
    ----------
    count
        How many cells there are; their ids are 1…count.
    warnings
        What a person should know about the result, a sentence each.
    """

    count: int
    warnings: tuple[str, ...] = ()
