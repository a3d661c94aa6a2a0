"""The blocks of one large image as tasks of a cluster."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from sketchcell.cluster.models import model_of_worker, send_model
from sketchcell.cluster.working import Crew, called_off, ended, result_of
from sketchcell.model import Model

if TYPE_CHECKING:
    from distributed import Client


class ClusterWorkers:
    """The workers of a cluster, for `sketchcell.large.segmenting_large`.

    Image and work folder must be on disks that all workers see.

    Parameters
    ----------
    client
        From `connect`.
    patience
        Seconds to wait for a worker while there is none; None: as long as it takes.
    """

    def __init__(self, client: Client, patience: float | None = None) -> None:
        self._client, self._patience = client, patience

    def hold(self, model: Model) -> Callable[[], Model]:
        """Send a model to the workers; what is returned gives it there."""
        return partial(model_of_worker, send_model(self._client, model))

    def run(self, tasks: Sequence[Any]) -> Generator[tuple[int, Any], None, None]:
        """Run delayed tasks; yield the number and the result of each, in any order.

        Raises
        ------
        SketchcellError
            When the scheduler is gone, there has been no worker for too long, or what a task raises.
        """
        futures = self._client.compute(list(tasks), optimize_graph=False)
        given = {future: number for number, future in enumerate(futures)}
        del futures
        crew = Crew(self._client, self._patience)
        with called_off(self._client, given):
            while given:
                crew.threads()
                for future in ended(self._client, given):
                    yield given.pop(future), result_of(future)
