"""The processes of a team on this computer: starting them, and noticing when one ends."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress

from sketchcell.errors import SketchcellError

_PERIOD = 0.2  # seconds between two looks
_GRACE = 5.0  # seconds in which the main thread may notice by itself

# What srun, torchrun, jsrun and mpirun leave for the processes that they start.
_STARTED_BY = {
    "SLURM_STEP_ID": "SLURM_NTASKS",
    "TORCHELASTIC_RUN_ID": "WORLD_SIZE",
    "JSM_NAMESPACE_LOCAL_RANK": "JSM_NAMESPACE_SIZE",
    "OMPI_COMM_WORLD_LOCAL_RANK": "OMPI_COMM_WORLD_SIZE",
}
_ADDRESS = ("MASTER_ADDR", "MASTER_PORT", "NODE_RANK")
_PLACE = ("WORLD_SIZE", "LOCAL_RANK")
_OURS = "SKETCHCELL_TEAM_PARENT"


def started_elsewhere() -> bool:
    """Tell whether a launcher has started the other processes already."""
    return any(
        name in os.environ and int(os.environ.get(size) or 1) > 1 for name, size in _STARTED_BY.items()
    )


def started_by_us() -> bool:
    """Tell whether this process was started by `start_others`."""
    return _OURS in os.environ


class Others:
    """Processes that run the same command as this one, each with its place in the team.

    Parameters
    ----------
    words
        The command, without the program.
    devices, nodes
        How many processes there are on a computer, and computers.

    Raises
    ------
    SketchcellError
        When the address of the first of several computers is not known.
    """

    def __init__(self, words: Sequence[str], devices: int, nodes: int) -> None:
        missing = [name for name in _ADDRESS if name not in os.environ]
        if nodes > 1 and missing:
            raise SketchcellError(
                "The computers do not know of each other; start with srun or torchrun, or set "
                f"{', '.join(missing)} on each."
            )
        self._before = {name: os.environ.get(name) for name in (*_ADDRESS, *_PLACE)}
        for name, value in zip(_ADDRESS, ("127.0.0.1", str(_free_port()), "0"), strict=True):
            os.environ.setdefault(name, value)
        for name, value in zip(_PLACE, (str(devices * nodes), "0"), strict=True):
            os.environ[name] = value
        self._command = [sys.executable, "-m", "sketchcell", *words]
        self._running = [self._start(rank) for rank in range(1, devices)]
        self._watched = True

    def _start(self, rank: int) -> subprocess.Popen[bytes]:
        place = {"LOCAL_RANK": str(rank), _OURS: str(os.getpid())}
        return subprocess.Popen(self._command, env=os.environ | place, stdin=subprocess.DEVNULL)

    def watch(self, lost: Callable[[], None]) -> None:
        """Call `lost` in a thread, some seconds after a process has ended too early."""
        threading.Thread(target=self._watch, args=(lost,), daemon=True, name="team").start()

    def _watch(self, lost: Callable[[], None]) -> None:
        while self._watched:
            if any(process.poll() for process in self._running):
                time.sleep(_GRACE)
                if self._watched:
                    lost()
                return
            time.sleep(_PERIOD)

    def dismiss(self, patience: float = 0.0) -> None:
        """Wait for the others to end, and end those that do not."""
        self._watched = False
        until = time.monotonic() + patience
        for process in self._running:
            with suppress(subprocess.TimeoutExpired):
                process.wait(max(until - time.monotonic(), 0.0))
        for process in self._running:
            if process.poll() is None:
                process.kill()
                process.wait()
        for name, value in self._before.items():
            os.environ.pop(name, None)
            if value is not None:
                os.environ[name] = value


def leave_with_parent() -> None:
    """End this process as soon as the one that started it has ended, whatever it waits for."""
    parent = int(os.environ[_OURS])

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(_PERIOD)
        os._exit(2)

    threading.Thread(target=watch, daemon=True, name="team").start()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
