"""Who does the work: threads of this computer, or anything else that runs dask tasks."""

from __future__ import annotations

import os
import queue
import threading
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Protocol

import torch
from dask.base import compute

from sketchcell.model import Model


class Workers(Protocol):
    """Runs dask tasks."""

    def hold(self, model: Model) -> Callable[[], Model]:
        """Bring a model to where the work is done; what is returned gives it there."""
        ...

    def run(self, tasks: Sequence[Any]) -> Generator[tuple[int, Any], None, None]:
        """Run delayed tasks; yield the number and the result of each, in any order.

        Closing the generator cancels what is not done.
        """
        ...


class Threads:
    """Threads of this process, each of which runs a network with one thread of its own.

    Parameters
    ----------
    count
        How many; None takes as many as there are processors.
    """

    def __init__(self, count: int | None = None) -> None:
        self.count = count or os.cpu_count() or 1

    def hold(self, model: Model) -> Callable[[], Model]:
        """Return what gives the model: it is here already."""
        return lambda: model

    def run(self, tasks: Sequence[Any]) -> Generator[tuple[int, Any], None, None]:
        """Run delayed tasks; yield the number and the result of each, in any order."""
        stop = threading.Event()
        news: queue.SimpleQueue[tuple[int, Any] | BaseException | None] = queue.SimpleQueue()
        number_of = {task.key: number for number, task in enumerate(tasks)}
        usual = torch.get_num_threads()

        def before(key: Any, *_: Any) -> None:
            if stop.is_set():
                raise _StoppedError

        def after(key: Any, result: Any, *_: Any) -> None:
            if key in number_of:
                news.put((number_of[key], result))

        def work() -> None:
            try:
                with ThreadPoolExecutor(self.count, "sketchcell-large", torch.set_num_threads, (1,)) as pool:
                    # for this call only: dask's Callback would listen to what other threads compute, too
                    listeners = [(None, None, before, after, None)]
                    compute(*tasks, scheduler="threads", pool=pool, callbacks=listeners, optimize_graph=False)
                news.put(None)
            except BaseException as error:
                news.put(error)
            finally:
                # torch keeps the pool's number for threads to come
                torch.set_num_threads(usual)

        thread = threading.Thread(target=work, name="sketchcell-large", daemon=True)
        thread.start()
        try:
            while (item := news.get()) is not None:
                if isinstance(item, BaseException):
                    raise item
                yield item
        finally:
            stop.set()
            thread.join()


class _StoppedError(Exception):
    """Nobody waits for the rest."""
