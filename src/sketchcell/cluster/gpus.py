"""A GPU for each worker process, so that those on one computer share them out."""

from __future__ import annotations

import os
import tempfile
from functools import cache
from pathlib import Path

import torch
from filelock import FileLock, Timeout


@cache
def own_device() -> str:
    """Return this process's device, a GPU that no other has claimed; with more processes they are shared."""
    return _claimed()[0]


@cache
def _claimed() -> tuple[str, FileLock | None]:
    # the lock is held for as long as the process lives
    count = torch.cuda.device_count()
    if not count:
        return "cpu", None
    folder = Path(tempfile.gettempdir())
    for number in range(count):
        name = torch.cuda.get_device_properties(number).uuid
        lock = FileLock(folder / f"sketchcell-{_user()}-{name}.lock", timeout=0)
        try:
            lock.acquire()
        except Timeout:
            continue
        return f"cuda:{number}", lock
    return f"cuda:{os.getpid() % count}", None


def _user() -> str:
    return str(os.getuid()) if hasattr(os, "getuid") else os.environ.get("USERNAME", "")
