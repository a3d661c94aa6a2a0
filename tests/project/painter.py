"""Paints at random on projects, and looks at all that is painted."""

from __future__ import annotations

import random
from pathlib import Path

import numpy as np

from sketchcell.project import Entry, Plane, Project
from sketchcell.sketch import Edit

SHAPE = (24, 32)


def add(project: Project, folder: Path, name: str, planes: tuple[int, ...] = ()) -> Entry:
    """Add an image whose file needs to be no image: projects do not read it."""
    path = folder / name
    path.write_bytes(name.encode())
    return project.add(path, SHAPE, planes)


def random_edit(
    dice: random.Random, labels: np.ndarray, boundaries: np.ndarray
) -> tuple[Edit | None, np.ndarray, np.ndarray]:
    """Return an edit of a random window, and what the plane is after it."""
    height, width = labels.shape
    top, left = dice.randrange(height), dice.randrange(width)
    window = (
        slice(top, min(height, top + dice.randint(1, 9))),
        slice(left, min(width, left + dice.randint(1, 9))),
    )
    after, lines = labels.copy(), boundaries.copy()
    if dice.random() < 0.3:
        lines[window] = dice.random() < 0.6
    else:
        after[window] = dice.choice([0, 1, 2, 3, 4, 65535])
    edit = Edit.between(
        window, labels[window], after[window], boundaries[window], lines[window], labels.shape
    )
    return edit, after, lines


def paint(project: Project, entry_id: str, plane: Plane, dice: random.Random, group: int) -> bool:
    """Paint something; tell whether it changed anything."""
    page = project.page(entry_id, plane)
    edit, _, _ = random_edit(dice, page.labels, page.boundaries)
    if edit is not None:
        project.record(entry_id, plane, edit, group)
    return edit is not None


def paint_steps(project: Project, entry_id: str, number: int, plane: Plane = (), seed: int = 0) -> None:
    """Paint steps that each change something."""
    dice = random.Random(seed)
    for _ in range(number):
        while not paint(project, entry_id, plane, dice, project.new_group()):
            pass


def state(project: Project) -> dict[tuple[str, Plane], tuple[bytes, bytes]]:
    """Return all that is painted, and make sure that the painted planes are known."""
    found = {}
    for entry in project.entries:
        painted = []
        for plane in np.ndindex(entry.planes):
            page = project.page(entry.id, plane)
            assert page.labels.dtype == np.uint16
            assert page.boundaries.dtype == np.bool_
            found[entry.id, plane] = page.labels.tobytes(), page.boundaries.tobytes()
            if page.labels.any() or page.boundaries.any():
                painted.append(plane)
        assert sorted(project.painted_planes(entry.id)) == painted
    return found
