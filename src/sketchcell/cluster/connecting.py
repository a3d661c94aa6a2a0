"""From words to a connected dask client."""

from __future__ import annotations

import logging
import os
import re
import shutil
import threading
import time
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from importlib.util import find_spec
from queue import Empty, Queue
from typing import TYPE_CHECKING, Any, TypeVar, cast

import torch

from sketchcell.cluster.library import library
from sketchcell.cluster.versions import require_same_versions
from sketchcell.errors import SketchcellError

if TYPE_CHECKING:
    from distributed import Client

T = TypeVar("T")

QUEUES = {
    "slurm": "SLURMCluster",
    "lsf": "LSFCluster",
    "sge": "SGECluster",
    "pbs": "PBSCluster",
    "oar": "OARCluster",
    "moab": "MoabCluster",
    "htcondor": "HTCondorCluster",
}
"""Batch systems, and the classes of `dask_jobqueue` that speak to them."""

_LARGE = "distributed.admin.large-graph-warning-threshold"
_GREETING = 3.0  # seconds after the connection
_SUBMITTING = 20.0  # seconds that a batch system may take to accept jobs
_WORDS = "an address such as tcp://host:8786, local, local:N, or one of: " + ", ".join(QUEUES)


def usual_scheduler() -> str | None:
    """Return ``local`` on a computer with several GPUs and dask, and None, no cluster, on any other."""
    return "local" if torch.cuda.device_count() > 1 and find_spec("distributed") else None


@contextmanager
def connect(
    scheduler: str = "local",
    *,
    jobs: int = 1,
    options: Mapping[str, Any] | None = None,
    timeout: float = 30.0,
) -> Iterator[Client]:
    """Connect to a cluster; one that is started here ends with the context.

    Parameters
    ----------
    scheduler
        The address of a running scheduler, ``tcp://…`` or ``tls://…``; ``local:N`` for N worker processes on
        this computer, ``local`` for one a GPU, or else one a core; or a batch system: ``slurm``, ``lsf``,
        ``sge``, ``pbs``, ``oar``, ``moab``, ``htcondor``.
    jobs
        How many jobs to submit to a batch system.
    options
        Of the jobs, by the names that `dask_jobqueue` has for them (``queue``, ``cores``, ``memory``,
        ``walltime``, …); what is left out comes from its configuration file.
    timeout
        Seconds within which a scheduler must answer, and have a worker. Jobs may wait in their queue for as
        long as it takes.

    Yields
    ------
    distributed.Client

    Raises
    ------
    SketchcellError
        When nobody answers, there is no worker, versions differ, a job cannot be submitted, or a library is
        missing.
    """
    with ExitStack() as stack:
        queued = scheduler in QUEUES
        if not queued and options:
            raise SketchcellError(
                "Options of a cluster are for batch systems; give --scheduler slurm, or leave them out."
            )
        if queued:
            cluster = _queue(scheduler, jobs, options or {})
        elif local := re.fullmatch(r"local(?::([1-9]\d*))?", scheduler):
            cluster = _local(int(local[1]) if local[1] else None)
        elif re.match(r"(tcp|tls|ucx|ws|wss)://.", scheduler):
            cluster = scheduler
        else:
            raise SketchcellError(f"'{scheduler}' is no scheduler; give {_WORDS}.")
        if not isinstance(cluster, str):
            stack.callback(_close, cluster)
        client = _client(cluster, scheduler, timeout)
        stack.callback(_close, client)
        if not queued:
            _wait_for_worker(client, scheduler, timeout)
        require_same_versions(client)
        stack.enter_context(_silent("distributed"))  # a lost scheduler is told once, in words
        stack.enter_context(library("dask").config.set({_LARGE: "1GB"}))  # images travel with their tasks
        yield client


def parse_options(words: Sequence[str]) -> dict[str, Any]:
    """Return options given as ``name=value``; values are read as YAML, so that numbers and lists are such.

    Raises
    ------
    SketchcellError
        When one is not of that form.
    """
    import yaml

    options = {}
    for word in words:
        name, equals, value = word.partition("=")
        try:
            options[name.strip().replace("-", "_")] = yaml.safe_load(value)
        except yaml.YAMLError:
            equals = ""
        if not (name.strip() and equals):
            raise SketchcellError(f"'{word}' is no option of a cluster; write it as name=value.")
    return options


def _local(workers: int | None) -> Any:
    count = workers or torch.cuda.device_count() or os.cpu_count() or 1
    how = {"threads_per_worker": 1, "processes": True, "dashboard_address": "127.0.0.1:0"}
    try:
        # a worker a process, as the network does not share Python's lock well
        return library("distributed").LocalCluster(n_workers=count, silence_logs=logging.CRITICAL, **how)
    except (OSError, RuntimeError) as error:
        raise SketchcellError(f"The workers on this computer cannot be started: {_line(error)}.") from error


def _queue(name: str, jobs: int, options: Mapping[str, Any]) -> Any:
    kind = getattr(library("dask_jobqueue"), QUEUES[name])
    command = kind.job_cls.submit_command.split()[0]
    if not shutil.which(command):
        raise SketchcellError(f"There is no '{command}' here; start the command where {name} takes jobs.")
    try:
        cluster = kind(**{"scheduler_options": {"dashboard_address": ":0"}, **options})
    except (TypeError, ValueError) as error:
        raise SketchcellError(
            f"The jobs for {name} cannot be described: {_line(error)}; see --cluster-option and the "
            "configuration of dask-jobqueue."
        ) from error
    with _silent("tornado.application", "asyncio", "distributed"):
        cluster.scale(jobs=jobs)
        until = time.monotonic() + _SUBMITTING
        while not _submitted(cluster, jobs) and time.monotonic() < until:
            time.sleep(0.1)
    if not _submitted(cluster, jobs):
        asked = [line for line in cluster.job_script().splitlines()[1:] if line.startswith("#")]
        _close(cluster)
        raise SketchcellError(
            f"{name} has not accepted the jobs; see whether it takes a job of yours with these options, and "
            f"change them with --cluster-option: {', '.join(asked)}."
        )
    return cluster


def _submitted(cluster: Any, jobs: int) -> bool:
    return len(cluster.workers) == jobs and all(job.job_id for job in cluster.workers.values())


def _client(cluster: Any, scheduler: str, timeout: float) -> Client:
    def make() -> Client:
        client: Client = library("distributed").Client(cluster, timeout=timeout, set_as_default=False)
        return client

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # versions are compared in words
            return _within(timeout + _GREETING, make)
    except (OSError, TimeoutError, ValueError, TypeError, ImportError) as error:
        raise SketchcellError(
            f"No scheduler answers at {scheduler} within {timeout:g} s; start one with 'dask scheduler', or "
            "correct the address."
        ) from error


def _within(seconds: float, make: Callable[[], T]) -> T:
    """Return what is made; distributed waits forever for a stranger that takes the call and says nothing."""
    outcome: Queue[tuple[T | None, Exception | None]] = Queue()

    def attempt() -> None:
        try:
            outcome.put((make(), None))
        except Exception as error:
            outcome.put((None, error))

    threading.Thread(target=attempt, daemon=True, name="connecting").start()
    try:
        made, error = outcome.get(timeout=seconds)
    except Empty:
        raise TimeoutError from None
    if error is not None:
        raise error
    return cast(T, made)


def _wait_for_worker(client: Client, scheduler: str, timeout: float) -> None:
    try:
        client.wait_for_workers(1, timeout)
    except TimeoutError as error:
        raise SketchcellError(
            f"The scheduler at {scheduler} has no workers; start some with 'dask worker {scheduler}'."
        ) from error


@contextmanager
def _silent(*names: str) -> Iterator[None]:
    before = {logging.getLogger(name): logging.getLogger(name).level for name in names}
    for logger in before:
        logger.setLevel(logging.CRITICAL + 1)
    try:
        yield
    finally:
        for logger, level in before.items():
            logger.setLevel(level)


def _close(one: Any) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            one.close(timeout=10)
        except Exception:
            # whoever has died already cannot be closed
            logging.getLogger(__name__).debug("closing %s", one, exc_info=True)


def _line(error: Exception) -> str:
    return " ".join(str(error).split()).rstrip(".") or type(error).__name__
