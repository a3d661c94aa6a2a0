"""Many images at once: threads that each take one image from file to file."""

from __future__ import annotations

import errno
import os
import queue
import threading
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass

import torch

from sketchcell.batch.image import Segmented, segmenting_image
from sketchcell.batch.options import Options, Task
from sketchcell.errors import SketchcellError
from sketchcell.inference import Progress
from sketchcell.model import Model

_MOST = 8  # workers, if nobody asks for more: each holds an image in memory
_WAIT = 0.1  # seconds until the caller may look whether to go on
_FULL = {errno.ENOSPC, errno.EROFS, getattr(errno, "EDQUOT", errno.ENOSPC)}


@dataclass(frozen=True)
class Event:
    """News of one image.

    Attributes
    ----------
    task
        Which one.
    share
        How much of it is done, 0 to 1.
    result
        What became of it, once it is done.
    error
        What was wrong with it, if something was.
    fatal
        Whether that will be wrong with all others, too: the disk is full.
    """

    task: Task
    share: float = 0.0
    result: Segmented | None = None
    error: str = ""
    fatal: bool = False


def usual_workers(count: int) -> int:
    """Return how many images are worked on at once if nobody says."""
    return max(1, min(count, _cores(), _MOST))


def segmenting_in_threads(
    model: Model, tasks: Sequence[Task], options: Options, workers: int
) -> Generator[Event | None, None, None]:
    """Segment images, `workers` at once, each with its share of the processor's cores.

    On a processor this is faster for small images than one network on all cores, and reading, decoding,
    measuring and writing are done while the networks of others run. The labels are the same for any number.

    Parameters
    ----------
    model
        Shared by all; on its device.
    tasks, options, workers
        What is to be done.

    Yields
    ------
    Event
        When an image begins, goes on, is done or has failed; None while nothing happens. Those who close the
        generator stop the work: what was not yielded is not done.
    """
    news: queue.Queue[Event] = queue.Queue(maxsize=4 * workers)
    stop = threading.Event()
    waiting = iter(tasks)
    taking = threading.Lock()
    threads = max(1, _cores() // workers) if workers > 1 else torch.get_num_threads()

    def work() -> None:
        # For this thread; torch also keeps it for threads to come, so the number before is put back.
        torch.set_num_threads(threads)
        ready.wait()
        while not stop.is_set():
            with taking:
                task = next(waiting, None)
            if task is None:
                return
            _perform(model, task, options, news.put, stop)

    before, ready = torch.get_num_threads(), threading.Barrier(workers + 1)
    pool = [threading.Thread(target=work, name="sketchcell batch", daemon=True) for _ in range(workers)]
    for thread in pool:
        thread.start()
    ready.wait()
    torch.set_num_threads(before)
    left = len(tasks)
    try:
        while left:
            try:
                event = news.get(timeout=_WAIT)
            except queue.Empty:
                yield None
                continue
            left -= event.result is not None or bool(event.error)
            yield event
    finally:
        stop.set()
        while any(thread.is_alive() for thread in pool):
            _make_room(news)


def _make_room(news: queue.Queue[Event]) -> None:
    """Make room for one who waits to tell something that nobody wants to know any more."""
    try:
        news.get(timeout=_WAIT / 10)
    except queue.Empty:
        return


def _perform(
    model: Model, task: Task, options: Options, tell: Callable[[Event], None], stop: threading.Event
) -> None:
    tell(Event(task))
    steps = segmenting_image(model, task, options)
    try:
        result = _drained(steps, lambda step: tell(Event(task, _share(step))), stop)
    except Exception as error:
        # Whatever one image makes the work stumble over, the others can be done.
        tell(Event(task, error=reason(error), fatal=is_fatal(error)))
        return
    finally:
        steps.close()
    if result is not None:
        tell(Event(task, 1.0, result))


def _drained(
    steps: Generator[Progress, None, Segmented], tell: Callable[[Progress], None], stop: threading.Event
) -> Segmented | None:
    while not stop.is_set():
        try:
            step = next(steps)
        except StopIteration as end:
            result: Segmented = end.value
            return result
        tell(step)
    return None


def reason(error: Exception) -> str:
    """Return what is wrong in a sentence."""
    if isinstance(error, SketchcellError):
        return str(error)
    if isinstance(error, (MemoryError, torch.OutOfMemoryError)):
        return "There is not enough memory; use fewer workers, or smaller images."
    return f"It cannot be segmented: {type(error).__name__}: {error}"


def is_fatal(error: BaseException | None) -> bool:
    """Tell whether all images would fail alike, because nothing can be written any more."""
    while error is not None:
        if isinstance(error, OSError) and error.errno in _FULL:
            return True
        error = error.__cause__ or error.__context__
    return False


def _share(step: Progress) -> float:
    return step.done / max(step.total, step.done, 1)


def _cores() -> int:
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:
        return os.cpu_count() or 1
