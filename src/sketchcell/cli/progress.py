"""Progress bars on a terminal's stderr, and stopping between two steps."""

from __future__ import annotations

import signal
import threading
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import TypeVar

from tqdm import tqdm

from sketchcell.inference import Progress
from sketchcell.learning.fit import Step, take_step
from sketchcell.learning.learner import Learner
from sketchcell.learning.team import Team

T = TypeVar("T")

BAR = "{desc}: {percentage:3.0f}% |{bar}| {elapsed}{postfix}"


class StopRequest:
    """Becomes true at Ctrl-C."""

    def __init__(self) -> None:
        self.asked = False

    def __bool__(self) -> bool:
        return self.asked

    def shared_by(self, team: Team) -> bool:
        """Tell whether any of a team has been asked; from then on all have."""
        self.asked = team.any(self.asked)
        return self.asked


@contextmanager
def stop_on_interrupt() -> Iterator[StopRequest]:
    """Note the first Ctrl-C, so that a step of work ends before anything stops; the second one interrupts."""
    request = StopRequest()
    if threading.current_thread() is not threading.main_thread():
        yield request
        return
    before = signal.getsignal(signal.SIGINT)

    def note(_signal: int, _frame: FrameType | None) -> None:
        request.asked = True
        signal.signal(signal.SIGINT, before)

    signal.signal(signal.SIGINT, note)
    try:
        yield request
    finally:
        signal.signal(signal.SIGINT, before)


def shown(work: Generator[Progress, None, T], title: str) -> T:
    """Do some work and show how far it is; nothing is shown of what is done at once."""
    with tqdm(total=100, desc=title, disable=None, bar_format=BAR, leave=False, delay=1) as bar:
        while True:
            try:
                step = next(work)
            except StopIteration as end:
                result: T = end.value
                return result
            bar.update(100 * step.done / max(step.total, step.done, 1) - bar.n)


def learn(learner: Learner, stop: StopRequest) -> Step | None:
    """Take steps up to the learner's limit or until a stop is asked for, and show them.

    Returns
    -------
    The last step, None if there was none.
    """
    _embed(learner, stop)
    step = None
    silent = None if learner.team.is_first else True
    with tqdm(total=100, desc="learning", disable=silent, bar_format=BAR) as bar:
        while learner.share < 1 and not stop.shared_by(learner.team):
            step = take_step(learner)
            bar.set_postfix_str(
                f"step {step.number}, loss {step.loss:.3f}, {step.steps_per_second:.1f} steps/s",
                refresh=False,
            )
            bar.update(100 * learner.share - bar.n)
    return step


def _embed(learner: Learner, stop: StopRequest) -> None:
    """Let a frozen encoder see all that is painted, before time for learning counts."""
    progress = learner.embed_next()
    if progress is None:
        return
    silent = None if learner.team.is_first else True
    with tqdm(total=100, desc=progress.what, disable=silent, bar_format=BAR) as bar:
        while progress and not stop:
            bar.update(100 * progress.done / progress.total - bar.n)
            progress = learner.embed_next()
