"""Generators in threads."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Generator
from typing import Any

from sketchcell.ui.jobs import Job

from .conftest import learner_threads, live, wait_until


def count(until: int, closed: list[bool]) -> Generator[int, None, str]:
    try:
        for number in range(until):
            time.sleep(0.002)
            yield number
    finally:
        closed.append(True)
    return "done"


def test_all_items_arrive_in_order_and_in_this_thread(qtbot: Any) -> None:
    items: list[int] = []
    threads = set()
    results: list[str] = []

    def take(new: list[int]) -> None:
        items.extend(new)
        threads.add(threading.current_thread())

    Job(count(100, []), on_items=take, on_done=results.append).start()
    wait_until(lambda: results)
    assert items == list(range(100))
    assert results == ["done"]
    assert threads == {threading.main_thread()}


def test_after_stop_nothing_is_delivered(qtbot: Any) -> None:
    items: list[int] = []
    closed: list[bool] = []
    job = Job(count(100_000, closed), on_items=items.extend, on_done=lambda _: items.append(-1)).start()
    wait_until(lambda: items)
    job.stop()
    seen = len(items)
    wait_until(lambda: not job.is_alive, seconds=1)
    live(0.1)
    assert len(items) == seen
    assert closed == [True]


def test_errors_arrive(qtbot: Any) -> None:
    def broken() -> Generator[int, None, None]:
        yield 1
        raise ValueError("broken")

    errors: list[Exception] = []
    Job(broken(), on_error=errors.append).start()
    wait_until(lambda: errors)
    assert str(errors[0]) == "broken"


def test_end_all_waits_for_the_threads(qtbot: Any) -> None:
    jobs = [Job(count(100_000, [])).start() for _ in range(3)]
    Job.end_all(jobs)
    assert learner_threads() == []
    assert not Job._running


def test_python_takes_turns_faster_only_while_jobs_run(qtbot: Any) -> None:
    usual = sys.getswitchinterval()
    done: list[Any] = []
    Job(count(20, []), on_done=done.append).start()
    assert sys.getswitchinterval() < usual
    wait_until(lambda: done)
    assert sys.getswitchinterval() == usual
