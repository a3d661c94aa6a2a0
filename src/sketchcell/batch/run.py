"""A run over many images: what is left to do, done; each image noted when it is finished."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from sketchcell.batch.inputs import Source
from sketchcell.batch.journal import Journal, Record
from sketchcell.batch.options import Options, Task, run_key
from sketchcell.batch.outputs import clear, put_in_place, stamp
from sketchcell.batch.plan import Plan, planning
from sketchcell.batch.table import figures_beside, require_table, write_cells, write_figures
from sketchcell.batch.threads import Event, is_fatal, segmenting_in_threads, usual_workers
from sketchcell.errors import SketchcellError
from sketchcell.images import check_writable
from sketchcell.inference import Progress
from sketchcell.model import Model

_STEPS = 1000
_NOTE_EVERY = 0.3  # seconds
_GOOD = ("done", "skipped")


class WouldReplaceError(SketchcellError):
    """Labels of another model or of other options would be replaced, and nobody said that they may."""


State = Literal["running", "done", "skipped", "failed"]
#: Does tasks anywhere, and tells how they go on.
Perform = Callable[[Model, Sequence[Task], Options, int], Generator[Event | None, None, None]]


@dataclass(frozen=True)
class Outcome:
    """What has become of an image.

    Attributes
    ----------
    image
        Its file.
    state
        ``running``, ``done``, ``skipped`` because it was done before, or ``failed``.
    output
        Its labels; None if it failed.
    cells
        How many there are.
    reason
        Why it failed.
    warnings
        What the person should know of it.
    """

    image: Path
    state: State
    output: Path | None = None
    cells: int = 0
    reason: str = ""
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True)
class Order:
    """What is to be done.

    Attributes
    ----------
    sources
        The images, from `find_images`.
    out
        Folder for labels: ``NAME`` with `ending` and that of the format for each image.
    options
        How images are segmented.
    ending
        See `out`.
    again
        Whether labels that another model or other options made may be replaced.
    table
        For all cells, CSV or Parquet; a second one, ``NAME_images``, is for images. None: no table.
    workers
        Images at once; None: chosen.
    """

    sources: Sequence[Source]
    out: Path
    options: Options = field(default_factory=Options)
    ending: str = ""
    again: bool = False
    table: Path | None = None
    workers: int | None = None


def segmenting(
    model: Model, order: Order, perform: Perform = segmenting_in_threads
) -> Generator[Progress | Outcome, None, list[Outcome]]:
    """Segment many images; one that is broken is reported, and the rest goes on.

    Stopped at any moment, by closing the generator or by switching the computer off, the same order goes on
    where it was, and all files end up as those of a run that was never stopped.

    Parameters
    ----------
    model
        On its device, with the parameters it decodes with.
    order
        What is to be done.
    perform
        Who does it: threads of this process, or another place.

    Yields
    ------
    Progress
        Now and then.
    Outcome
        When an image begins, and when it is done, skipped or failed.

    Returns
    -------
    The last outcome of each image, in order.

    Raises
    ------
    SketchcellError
        Before anything is done: if something would be lost, or nothing can be written. Later: if the disk is
        full; what is finished stays.
    """
    if not order.sources:
        raise SketchcellError("There are no images to segment.")
    check_writable(order.out)
    if order.table is not None:
        require_table(order.table)
    with closing(Journal(order.out)) as journal:
        key = run_key(model, order.options)
        plan = yield from planning(order.sources, order.out, journal, key, order.options, order.ending)
        _require_asked(plan, order)
        clear(journal.work)
        run = _Run(order, journal, key, plan)
        yield from run.outcomes.values()
        todo = plan.todo
        workers = order.workers or usual_workers(len(todo))
        try:
            if todo:
                with closing(perform(model, todo, order.options, min(workers, len(todo)))) as events:
                    yield from run.follow(events)
            clear(journal.work)
            clear(journal.tiles)
        except (GeneratorExit, KeyboardInterrupt):
            clear(journal.work)
            run.write_tables()
            raise
        run.write_tables()
        yield Progress(_STEPS, _STEPS, "segmenting")
        return run.in_order()


def _require_asked(plan: Plan, order: Order) -> None:
    if plan.replaced and not order.again:
        count, first = len(plan.replaced), plan.replaced[0]
        raise WouldReplaceError(
            f"{count:,} file(s) in {order.out} were made by another model, with other options or from other "
            f"images, {first.name} is the first: ask for them to be replaced (--again), or choose another "
            "folder."
        )


class _Run:
    """Keeps what is known of each image while events come in."""

    def __init__(self, order: Order, journal: Journal, key: str, plan: Plan) -> None:
        self._order, self._journal, self._key, self._plan = order, journal, key, plan
        self.outcomes: dict[object, Outcome] = {
            source: Outcome(source.path, "failed", reason=why) for source, why in plan.failed
        }
        for task in plan.tasks:
            record = plan.done.get(task.name)
            if record is not None:
                self.outcomes[task] = self._outcome(task, record, "skipped")
        # as they are before they are read: what changes meanwhile is done again
        self._sources = {task: _source(task.image) for task in plan.todo}
        self._shares: dict[Task, float] = {}
        self._ended = len(self.outcomes)
        self._total = len(plan.tasks) + len(plan.failed)

    def follow(self, events: Iterable[Event | None]) -> Generator[Progress | Outcome, None, None]:
        """Take news, note what is finished, and pass it on."""
        finished: list[Event] = []
        noted = time.monotonic()
        try:
            for event in events:
                if event is not None and event.result is not None:
                    finished.append(event)
                elif event is not None:
                    yield from self._take(event)
                # Several together, because a disk takes its time to confirm.
                if finished and (event is None or time.monotonic() - noted > _NOTE_EVERY):
                    yield from self._note(finished)
                    noted = time.monotonic()
                yield self._progress()
        finally:
            outcomes = self._note(finished)
        yield from outcomes

    def write_tables(self) -> None:
        """Write the tables of all images that are done, if they are wanted."""
        path = self._order.table
        if path is None:
            return
        known = [(task, self._journal.records.get(task.name)) for task in self._plan.tasks]
        done = [
            (_file(task), record)
            for task, record in known
            if record is not None and task in self.outcomes and self.outcomes[task].state in _GOOD
        ]
        write_cells(path, [(file, self._journal.rows(record)) for file, record in done])
        figures = [{"file": file} | row for file, record in done for row in record.figures]
        write_figures(figures_beside(path), figures)

    def in_order(self) -> list[Outcome]:
        """Return the last outcome of each image."""
        unread = [self.outcomes[source] for source, _ in self._plan.failed]
        return [*(self.outcomes[task] for task in self._plan.tasks), *unread]

    def _take(self, event: Event) -> Generator[Outcome, None, None]:
        task = event.task
        if event.fatal:
            raise SketchcellError(
                f"{event.error} What is finished stays: make room, and give the same order again to go on."
            )
        if event.error:
            yield self._end(task, Outcome(task.image, "failed", reason=event.error))
        else:
            begins = task not in self._shares
            self._shares[task] = event.share
            if begins:
                yield Outcome(task.image, "running")

    def _note(self, finished: list[Event]) -> list[Outcome]:
        """Note finished images, and then move their labels to their places.

        A line without labels is an image that is done again; labels without a line would be a stranger's.
        """
        records = [(self._record(event), event.result.rows) for event in finished if event.result]
        tasks = [event.task for event in finished]
        finished.clear()
        outcomes = []
        try:
            for task, record in zip(tasks, self._journal.append(records), strict=True):
                if task.labels is None:
                    put_in_place(task.staged, self._order.out / task.name)
                outcomes.append(self._end(task, self._outcome(task, record, "done")))
        except OSError as error:
            if not is_fatal(error):
                raise SketchcellError(f"{self._order.out}: {error.strerror or error}.") from error
            raise SketchcellError(
                f"The disk is full ({self._order.out}). What is finished stays: make room, and give the same "
                "order again to go on."
            ) from error
        return outcomes

    def _record(self, event: Event) -> Record:
        task, result = event.task, event.result
        assert result is not None
        labels, cells = task.labels or task.staged, result.cells
        if task.labels is not None:
            cells = self._journal.records[task.name].cells
        return Record(
            task.name,
            self._key,
            self._sources[task],
            stamp(labels),
            cells,
            result.warnings,
            None,
            result.figures,
        )

    def _outcome(self, task: Task, record: Record, state: State) -> Outcome:
        output = self._order.out / task.name
        return Outcome(task.image, state, output, record.cells, warnings=record.warnings)

    def _end(self, task: Task, outcome: Outcome) -> Outcome:
        self.outcomes[task] = outcome
        self._shares.pop(task, None)
        self._ended += 1
        return outcome

    def _progress(self) -> Progress:
        done = self._ended + sum(self._shares.values())
        return Progress(round(_STEPS * done), _STEPS * self._total, "segmenting")


def summary(outcomes: Sequence[Outcome]) -> str:
    """Return what became of the images, in a few words."""
    count = {state: sum(one.state == state for one in outcomes) for state in ("done", "skipped", "failed")}
    cells = sum(one.cells for one in outcomes if one.state in _GOOD)
    parts = [f"{count['done']:,} segmented"]
    parts += [f"{count['skipped']:,} done before"] if count["skipped"] else []
    parts += [f"{count['failed']:,} failed"] if count["failed"] else []
    return f"Images: {', '.join(parts)}; {cells:,} cells."


def _source(image: Path) -> tuple[int, int]:
    try:
        return stamp(image)
    except OSError:
        return 0, 0  # what is wrong is said when it is opened


def _file(task: Task) -> str:
    return str(task.image) if task.scene == 0 else f"{task.image}[{task.scene + 1}]"
