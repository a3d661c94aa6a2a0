"""What travels to the workers once: the files of a model."""

from __future__ import annotations

import hashlib
import tempfile
import threading
from pathlib import Path
from typing import Any

from distributed import WorkerPlugin

from sketchcell.cluster.gpus import own_device
from sketchcell.model import Model, load_model
from sketchcell.networks import place


class SentModel(WorkerPlugin):  # type: ignore[misc]  # untyped
    """The files of a model, which dask keeps on each worker.

    Parameters
    ----------
    files
        Contents by name.
    """

    idempotent = True  # what is there already stays

    def __init__(self, files: dict[str, bytes]) -> None:
        self.files = files
        self.name = "sketchcell-" + hashlib.sha256(b"".join(files[key] for key in sorted(files))).hexdigest()
        self._model: Model | None = None
        self._lock = threading.Lock()

    def __getstate__(self) -> dict[str, Any]:
        return {"files": self.files, "name": self.name}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.files, self.name = state["files"], state["name"]
        self._model, self._lock = None, threading.Lock()

    def setup(self, worker: Any) -> None:
        """Do nothing yet: the first task loads the model, in its own thread."""

    def teardown(self, worker: Any) -> None:
        """Let go of the model."""
        self._model = None

    def model(self) -> Model:
        """Return the model on this process's device."""
        with self._lock:
            if self._model is None:
                with tempfile.TemporaryDirectory() as folder:
                    for name, content in self.files.items():
                        (Path(folder) / name).write_bytes(content)
                    self._model = load_model(folder)
                place(self._model.network, own_device())
        return self._model
