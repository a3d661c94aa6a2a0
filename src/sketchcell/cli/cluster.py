"""Options that say where the work is done: here, or on a cluster."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from contextlib import contextmanager

from sketchcell.batch import on_cluster, segmenting_in_threads
from sketchcell.batch.run import Perform
from sketchcell.cli.parser import positive_int
from sketchcell.cluster import QUEUES, connect, parse_options, usual_scheduler


def add_cluster_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    group = parser.add_argument_group("cluster")
    group.add_argument(
        "--scheduler",
        metavar="WHERE",
        help="work on a dask cluster: the address of a scheduler (tcp://host:8786), local or local:N for "
        f"processes on this computer, or jobs of {', '.join(QUEUES)} (default: local with several GPUs, "
        "otherwise this process)",
    )
    group.add_argument(
        "--jobs", metavar="N", type=positive_int, default=1, help="jobs to submit (default: 1)"
    )
    group.add_argument(
        "--cluster-option",
        metavar="NAME=VALUE",
        action="append",
        default=[],
        help="of the jobs, as dask-jobqueue names it: queue=gpu, cores=4, memory=16GB; may be repeated",
    )


def chosen_scheduler(arguments: argparse.Namespace) -> str | None:
    """Return where the work is done, None for this process."""
    if arguments.scheduler is None and arguments.device in ("auto", "cuda"):
        return usual_scheduler()
    scheduler: str | None = arguments.scheduler
    return scheduler


@contextmanager
def performing(scheduler: str | None, arguments: argparse.Namespace) -> Iterator[Perform]:
    """Give what does the work, and end what was started for it."""
    if scheduler is None:
        yield segmenting_in_threads
        return
    options = parse_options(arguments.cluster_option)
    with connect(scheduler, jobs=arguments.jobs, options=options) as client:
        # jobs may wait in their queue for days
        yield on_cluster(client, None) if scheduler in QUEUES else on_cluster(client)
