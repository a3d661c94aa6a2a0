"""A model on the workers: its files travel once to each, also to those that join later."""

from __future__ import annotations

import tempfile
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import torch

from sketchcell.cluster.gpus import own_device
from sketchcell.errors import SketchcellError
from sketchcell.model import Model

if TYPE_CHECKING:
    from distributed import Client


def send_model(client: Client, model: Model) -> str:
    """Put a model on every worker, and on those that join later.

    Returns
    -------
    The name by which `model_of_worker` knows it: equal models have equal names and travel once.

    Raises
    ------
    SketchcellError
        When a worker does not take it.
    """
    from sketchcell.cluster.plugin import SentModel

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model"
        model.save(path)
        sent = SentModel({file.name: file.read_bytes() for file in path.iterdir()})
    try:
        client.register_plugin(sent)
    except Exception as error:
        raise SketchcellError(f"The model cannot be sent to the workers: {error}.") from error
    return sent.name


def model_of_worker(name: str) -> Model:
    """Return a model that was sent; for tasks, which run on a worker.

    Raises
    ------
    SketchcellError
        When it was not sent to this worker.
    """
    from distributed import get_worker

    worker = get_worker()
    if torch.cuda.is_available():
        torch.cuda.set_device(own_device())  # is kept by thread
    with suppress(KeyError):
        model: Model = worker.plugins[name].model()
        return model
    raise SketchcellError(f"The worker {worker.address} has not got the model; start the run again.")
