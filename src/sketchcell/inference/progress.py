"""Long work is a generator of steps; the blocking call drains it."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from typing import Any, TypeVar

ResultT = TypeVar("ResultT")


@dataclass(frozen=True)
class Progress:
    """How far a piece of work has come.

    Attributes
    ----------
    done, total
        In units of the work.
    what
        What is being done, for a progress bar.
    """

    done: int
    total: int
    what: str


def drain(steps: Generator[Any, Any, ResultT]) -> ResultT:
    """Run a generator to its end and return its result."""
    while True:
        try:
            next(steps)
        except StopIteration as end:
            result: ResultT = end.value
            return result
