"""Which images are still to be done, and whether that loses anything."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from sketchcell.batch.inputs import Source
from sketchcell.batch.journal import Journal, Record
from sketchcell.batch.options import FORMATS, Options, Task
from sketchcell.batch.outputs import is_our_result, stamp
from sketchcell.errors import SketchcellError
from sketchcell.images import scene_names
from sketchcell.inference import Progress


@dataclass(frozen=True)
class Plan:
    """What there is to do.

    Attributes
    ----------
    tasks
        All images, in order.
    done
        What is known of those that need nothing, by the names of their labels.
    failed
        Images that cannot even be looked at, with the reason.
    replaced
        Labels of ours that would be replaced: another model, other options, or another image made them.
    """

    tasks: tuple[Task, ...]
    done: dict[str, Record]
    failed: tuple[tuple[Source, str], ...]
    replaced: tuple[Path, ...]

    @property
    def todo(self) -> list[Task]:
        """The tasks that are left."""
        return [task for task in self.tasks if task.name not in self.done]


def planning(
    sources: Sequence[Source], out: Path, journal: Journal, key: str, options: Options, ending: str = ""
) -> Generator[Progress, None, Plan]:
    """Compare what is wanted with what is there.

    Parameters
    ----------
    sources
        The images.
    out
        Where labels go.
    journal
        Of that folder.
    key
        Of the model and all options, from `run_key`.
    options
        What is to be done.
    ending
        Of the names of labels, before that of the format.

    Yields
    ------
    Progress
        After each image.

    Raises
    ------
    SketchcellError
        If labels would take the place of an image, of each other, or of something that is not ours.
    """
    images = {source.path.resolve() for source in sources}
    tasks: list[Task] = []
    failed, replaced = [], []
    taken: dict[str, Path] = {}
    done: dict[str, Record] = {}
    for number, source in enumerate(sources):
        yield Progress(number, len(sources), "looking")
        try:
            scenes = scene_names(source.path)
        except SketchcellError as error:
            failed.append((source, str(error)))
            continue
        for scene in range(len(scenes)):
            part = "" if len(scenes) == 1 else f"_{scene + 1}"
            name = f"{source.name}{part}{ending}{FORMATS[options.format]}"
            # Some file systems do not tell upper from lower case.
            other = taken.setdefault(name.casefold(), source.path)
            if other is not source.path:
                raise SketchcellError(
                    f"{other} and {source.path} would both become {out / name}; segment them into two "
                    "folders."
                )
            task = Task(source.path, scene, name, journal.work / name, journal.tiles / name)
            record = journal.records.get(name)
            output = out / name
            if output.resolve() in images:
                raise SketchcellError(
                    f"{output} is one of the inputs and would be replaced; write to another place."
                )
            if output.exists():
                if record is not None and _still_holds(record, key, source.path, output):
                    if options.measured and record.rows is None:
                        task = replace(task, labels=output)
                    else:
                        done[name] = record
                elif is_our_result(output):
                    replaced.append(output)
                else:
                    raise SketchcellError(
                        f"{output} exists and was not written by sketchcell; move it away or choose another "
                        "folder."
                    )
            tasks.append(task)
    return Plan(tuple(tasks), done, tuple(failed), tuple(replaced))


def _still_holds(record: Record, key: str, image: Path, output: Path) -> bool:
    if record.key != key or record.source != stamp(image):
        return False
    there = stamp(output)
    # A copy has another time; what was edited is no longer marked as ours.
    return there == record.result or (there[0] == record.result[0] and is_our_result(output))
