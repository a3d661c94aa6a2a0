"""Many images on the workers of a cluster: each takes images from file to file, on disks that all see."""

from __future__ import annotations

import os
import shutil
import uuid
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from sketchcell.batch.image import Segmented, segmenting_image
from sketchcell.batch.options import Options, Task
from sketchcell.batch.planes import in_tiles, planes_for
from sketchcell.batch.run import Perform
from sketchcell.batch.threads import Event, is_fatal, reason
from sketchcell.cluster import ClusterWorkers, Done, model_of_worker, send_model, working_on
from sketchcell.errors import SketchcellError
from sketchcell.images import open_image
from sketchcell.inference import drain
from sketchcell.model import Model

if TYPE_CHECKING:
    from distributed import Client

#: Seconds that a run waits for another worker when all are gone; None: for as long as it takes.
PATIENCE = 300.0


def on_cluster(client: Client, patience: float | None = PATIENCE) -> Perform:
    """Return what segments the images of a run on a cluster, for `segmenting`.

    Labels are the same as without. The image of a worker that dies is given to another. Images so large that
    they are done in tiles come last, one after the other, each on all workers.

    Parameters
    ----------
    client
        From `sketchcell.cluster.connect`.
    patience
        Seconds to wait for a worker while there is none; None: as long as it takes.
    """

    def perform(
        model: Model, tasks: Sequence[Task], options: Options, workers: int
    ) -> Generator[Event | None, None, None]:
        name = send_model(client, model)
        _require_shared({task.staged.parent.absolute() for task in tasks}, client)
        begun: list[Task] = []

        def arguments() -> Iterator[tuple[str, Task, Options]]:
            for task in tasks:
                begun.append(task)
                yield name, _with_whole_paths(task), options

        large: list[Task] = []
        told = 0
        for step in working_on(client, segment_file, arguments(), total=len(tasks), patience=patience):
            for task in begun[told:]:
                yield Event(task)
            told = len(begun)
            if not isinstance(step, Done):
                yield None
            elif step.error is not None:
                yield Event(tasks[step.number], error=reason(step.error))
            elif step.result is None:
                large.append(tasks[step.number])
            else:
                yield step.result.event(tasks[step.number])
        for task in large:
            yield from _in_tiles(model, task, options, ClusterWorkers(client, patience))

    return perform


@dataclass(frozen=True)
class Told:
    """What a worker tells of an image: its result, or why there is none and whether all will fail."""

    result: Segmented | None = None
    error: str = ""
    fatal: bool = False

    @classmethod
    def of(cls, error: Exception) -> Told:
        """Tell of an error."""
        return cls(None, reason(error), is_fatal(error))

    def event(self, task: Task) -> Event:
        """Return the news of an image."""
        return Event(task, 1.0, self.result, self.error, self.fatal)


def segment_file(name: str, task: Task, options: Options) -> Told | None:
    """Segment an image on a worker; None if it is one for all workers together."""
    # another worker may have begun with it before, and may not be as dead as it seemed
    own = task.staged.with_name(f"{uuid.uuid4().hex}-{task.staged.name}")
    try:
        model = model_of_worker(name)
        planes = planes_for(open_image(task.image, task.scene), model.config.image_channels, options.channels)
        if task.labels is None and in_tiles(planes.shape, options):
            return None
        result = drain(segmenting_image(model, replace(task, staged=own), options))
        if own.exists():
            if task.staged.is_dir():
                shutil.rmtree(task.staged)
            os.replace(own, task.staged)
    except Exception as error:
        return Told.of(error)
    return Told(result)


def _in_tiles(
    model: Model, task: Task, options: Options, workers: ClusterWorkers
) -> Generator[Event | None, None, None]:
    steps = segmenting_image(model, _with_whole_paths(task), options, workers)
    try:
        while True:
            step = next(steps)
            yield Event(task, step.done / max(step.total, step.done, 1))
    except StopIteration as end:
        told = Told(end.value)
    except Exception as error:
        told = Told.of(error)
    finally:
        steps.close()
    yield told.event(task)


def _with_whole_paths(task: Task) -> Task:
    labels = None if task.labels is None else task.labels.absolute()
    places = {name: getattr(task, name).absolute() for name in ("image", "staged", "work")}
    return replace(task, **places, labels=labels)


def _require_shared(folders: set[Path], client: Client) -> None:
    for folder in folders:
        folder.mkdir(parents=True, exist_ok=True)
    places = [str(folder) for folder in folders]
    for worker, unseen in client.run(_unseen, places).items():
        if unseen:
            raise SketchcellError(
                f"The worker {worker} does not see the folder {unseen[0]}; results must lie on a disk that "
                "all workers share."
            )


def _unseen(places: list[str]) -> list[str]:
    return [place for place in places if not os.path.isdir(place)]
