"""Images that are in memory here, segmented by a model on the workers."""

from __future__ import annotations

from collections.abc import Generator, Iterable
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from sketchcell.cluster.models import model_of_worker, send_model
from sketchcell.cluster.working import Done, working_on
from sketchcell.inference import Progress
from sketchcell.model import Model

if TYPE_CHECKING:
    from distributed import Client


def segment_on(
    client: Client, model: Model, images: Iterable[NDArray[np.generic]], params: Any = None
) -> Generator[Progress | Done[NDArray[np.int32]], None, None]:
    """Segment images on the workers of a cluster, as `Model.segment` does here.

    Parameters
    ----------
    client
        From `connect`.
    model
        Is sent once to each worker.
    images
        Taken as workers get free.
    params
        Of the family; None takes the model's own.

    Yields
    ------
    Progress
        Now and then.
    Done
        With an image's number and labels, or the error, in any order.
    """
    name = send_model(client, model)
    tasks = ((name, image, params) for image in images)
    yield from working_on(client, segment_here, tasks, what="segmenting on the cluster")


def segment_here(name: str, image: NDArray[np.generic], params: Any) -> NDArray[np.int32]:
    """Segment an image on a worker by a model that was sent."""
    return model_of_worker(name).segment(image, params)
