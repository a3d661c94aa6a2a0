"""Opening a project: 100 images of 2048 × 2048 px, 10,000 strokes.

Strokes are bands about 12 px wide and up to 300 px long. Medians over fresh openings; none of the images
exists, since a project does not read them. A page is cold when nothing of it is in memory: built from the
journal alone, and from a snapshot. The aim is at most 3 s to open, and 100 ms for undo.
"""

import argparse
import os

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

import shutil
import tempfile
import time
from pathlib import Path

import numpy as np

from sketchcell.project import Project
from sketchcell.sketch import Edit


def timed(function, *arguments):
    start = time.perf_counter()
    result = function(*arguments)
    return time.perf_counter() - start, result


def band(rng, size):
    """Return a window and the pixels of a stroke in it."""
    length, angle = rng.uniform(20, 300), rng.uniform(0, np.pi)
    ends = length / 2 * np.array([np.sin(angle), np.cos(angle)])
    middle = rng.uniform(160, size - 160, 2)
    low, high = (np.sort([middle - ends, middle + ends], axis=0) + [[-7, -7], [7, 7]]).astype(int)
    rows, columns = np.mgrid[low[0] : high[0], low[1] : high[1]]
    across = (rows - middle[0]) * np.cos(angle) - (columns - middle[1]) * np.sin(angle)
    along = (rows - middle[0]) * np.sin(angle) + (columns - middle[1]) * np.cos(angle)
    return (slice(low[0], high[0]), slice(low[1], high[1])), (abs(across) < 6) & (abs(along) < length / 2)


def paint(project, entry, rng):
    """Record a stroke; return the seconds that took."""
    page = project.page(entry.id)
    window, stroke = band(rng, entry.shape[0])
    before, lines = page.labels[window], page.boundaries[window]
    after = np.where(stroke, np.uint16(rng.integers(1, 4)), before)
    edit = Edit.between(window, before, after, lines, lines, entry.shape)
    return 0.0 if edit is None else timed(project.record, entry.id, (), edit, project.new_group())[0]


def make(folder, arguments):
    rng = np.random.default_rng(0)
    project = Project.create(folder)
    seconds = []
    for number in range(arguments.images):
        entry = project.add(
            folder / f"{number}.tif", (arguments.size, arguments.size), sha256=f"{number:064}"
        )
        seconds += [paint(project, entry, rng) for _ in range(arguments.strokes // arguments.images)]
        project.release(entry.id)
    return project, seconds


def report(title, seconds):
    print(f"{title:<34} {1e3 * np.median(seconds):8.1f} ms")


def without_snapshots(folder):
    for snapshots in (folder / "sketches").glob("*"):
        shutil.rmtree(snapshots)


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--size", type=int, default=2048)
    parser.add_argument("--images", type=int, default=100)
    parser.add_argument("--strokes", type=int, default=10_000)
    parser.add_argument("--repeats", type=int, default=5)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        project, recording = make(Path(temporary) / "p", arguments)
        report("recording a stroke", recording)
        print(f"{'   slowest of them':<34} {1e3 * max(recording):8.1f} ms")
        one, two = project.entries[:2]
        compacting = [timed(project.compact, entry.id)[0] for entry in project.entries]
        report("a snapshot", compacting)
        print(f"journal {(project.folder / 'journal.jsonl').stat().st_size / 1e6:.1f} MB")
        project.close()
        opening, from_snapshot, from_journal, undoing, redoing = [], [], [], [], []
        for _ in range(arguments.repeats):
            seconds, project = timed(Project.open, project.folder)
            opening.append(seconds)
            from_snapshot.append(timed(project.page, one.id)[0])
            last = project.entries[-1].id
            project.page(last)
            undoing += [timed(project.undo)[0] for _ in range(20)]
            redoing += [timed(project.redo)[0] for _ in range(20)]
            project.close()
        shutil.copytree(project.folder, Path(temporary) / "bare.sketchcell")
        without_snapshots(Path(temporary) / "bare.sketchcell")
        for _ in range(arguments.repeats):
            with Project.open(Path(temporary) / "bare.sketchcell") as bare:
                from_journal.append(timed(bare.page, two.id)[0])
            without_snapshots(Path(temporary) / "bare.sketchcell")
    report("opening (aim 3000 ms)", opening)
    report("a cold page, from the journal", from_journal)
    report("a cold page, from a snapshot", from_snapshot)
    report("undo (aim 100 ms)", undoing)
    report("redo", redoing)


if __name__ == "__main__":
    main()
