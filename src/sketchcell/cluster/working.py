"""Tasks on workers, a bounded number at a time, whatever happens to the workers."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from sketchcell.cluster.library import library
from sketchcell.errors import SketchcellError
from sketchcell.inference import Progress

if TYPE_CHECKING:
    from distributed import Client, Future

T = TypeVar("T")

_AHEAD = 2  # tasks for each thread of a worker: one at work, one to begin with next
_GLANCE = 0.5  # seconds between two looks at what is done


@dataclass(frozen=True)
class Done(Generic[T]):
    """A task that has come to its end.

    Attributes
    ----------
    number
        Of the task, from 0, in the order in which they were given.
    result
        None if it failed.
    error
        What went wrong, None if nothing did.
    """

    number: int
    result: T | None = None
    error: Exception | None = None


def working_on(
    client: Client,
    work: Callable[..., T],
    tasks: Iterable[Sequence[Any]],
    *,
    total: int = 0,
    ahead: int | None = None,
    patience: float | None = None,
    what: str = "working",
) -> Generator[Progress | Done[T], None, None]:
    """Run a function on the workers of a cluster, once for each task.

    Tasks are taken from `tasks` only as workers get free, so that there may be any number of them. The task
    of a worker that dies is given to another; one that has taken several workers with it
    (``distributed.scheduler.allowed-failures``, 3) has failed. Whoever closes the generator calls off what
    is not done.

    Parameters
    ----------
    client
        Connected.
    work
        A function of a module that the workers have.
    tasks
        Its arguments, of things that can be pickled.
    total
        How many there are, if that is known; for progress.
    ahead
        How many tasks are given out at a time; None: two for each thread of the workers.
    patience
        Seconds to wait for a worker while there is none; None: as long as it takes.
    what
        Is done, for a progress bar.

    Yields
    ------
    Progress
        Now and then, also while nothing gets done.
    Done
        As tasks end, in any order.

    Raises
    ------
    SketchcellError
        When the scheduler is gone, or there has been no worker for too long.
    """
    given: dict[Future[T], int] = {}
    waiting = enumerate(tasks)
    finished = 0
    crew = Crew(client, patience)
    with called_off(client, given):
        while True:
            most = ahead or _AHEAD * max(crew.threads(), 1)
            while len(given) < most and (task := next(waiting, None)) is not None:
                number, arguments = task
                given[client.submit(work, *arguments, pure=False)] = number
            if not given:
                return
            for future in ended(client, given):
                finished += 1
                yield _outcome(given.pop(future), future)
            yield Progress(finished, max(total, finished), what)


@contextmanager
def called_off(client: Client, given: Mapping[Future[Any], Any]) -> Iterator[None]:
    """Call off, at the end of the context, all that is still given out."""
    try:
        yield
    finally:
        if given and client.status == "running":
            client.cancel(list(given), force=True)


class Crew:
    """The workers that are there, counted now and then."""

    def __init__(self, client: Client, patience: float | None) -> None:
        self._client, self._patience = client, patience
        self._threads, self._next = 0, 0.0
        self._last_seen = time.monotonic()

    def threads(self) -> int:
        """Return how many threads they have.

        Raises
        ------
        SketchcellError
            When there has been none for too long.
        """
        now = time.monotonic()
        if now >= self._next:
            self._threads = sum(_asked(self._client, self._client.nthreads).values())
            self._next = now + _GLANCE
        if self._threads:
            self._last_seen = now
        elif self._patience is not None and now - self._last_seen > self._patience:
            raise SketchcellError(
                f"The cluster has had no workers for {self._patience:g} s; start some, and run the same "
                "command again."
            )
        return self._threads


def ended(client: Client, given: Iterable[Future[T]]) -> list[Future[T]]:
    """Return what has come to its end, after a glance; maybe nothing.

    Raises
    ------
    SketchcellError
        When the scheduler is gone.
    """
    futures = list(given)
    try:
        with client.as_current():
            found = library("distributed").wait(futures, timeout=_GLANCE, return_when="FIRST_COMPLETED").done
    except TimeoutError:
        found = ()
    except _gone() as error:
        raise _lost(client) from error
    if client.status != "running":
        raise _lost(client)
    return [future for future in futures if future in found]


def result_of(future: Future[Any]) -> Any:
    """Return the result of a task that has come to its end.

    Raises
    ------
    SketchcellError
        When it has taken several workers with it; or what the task raises.
    """
    error = future.exception()
    if isinstance(error, library("distributed").scheduler.KilledWorker):
        raise SketchcellError(
            "Each worker that was given it has died; it may need more memory than they have."
        ) from error
    return future.result()


def _outcome(number: int, future: Future[T]) -> Done[T]:
    try:
        return Done(number, result_of(future))
    except Exception as error:
        return Done(number, error=error)


def _asked(client: Client, question: Callable[[], T]) -> T:
    try:
        return question()
    except _gone() as error:
        raise _lost(client) from error


def _gone() -> tuple[type[BaseException], ...]:
    distributed = library("distributed")
    return (
        OSError,
        TimeoutError,
        distributed.CancelledError,
        distributed.comm.CommClosedError,
    )


def _lost(client: Client) -> SketchcellError:
    return SketchcellError(
        f"The scheduler at {client.scheduler.address} is gone; start it again, and run the same command "
        "again."
    )
