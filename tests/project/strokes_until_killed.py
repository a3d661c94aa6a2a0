"""Opens a project and paints, saying so after each stroke, until somebody kills it."""

import random
import sys
import threading

from painter import SHAPE, random_edit

from sketchcell.project import Page, Project
from sketchcell.sketch import Edit


def stroke(number: int, page: Page) -> Edit | None:
    """Return the stroke of a number: always the same on the same page."""
    return random_edit(random.Random(number), page.labels, page.boundaries)[0]


def act(project: Project, number: int) -> bool:
    """Do what a number stands for; tell whether that wrote a record."""
    if number % 7 == 5:
        return bool(project.undo())
    if number % 21 == 6:
        return bool(project.redo())
    entry = project.entries[number % 2]
    edit = stroke(number, project.page(entry.id))
    if edit is not None:
        project.record(entry.id, (), edit, number)
    return edit is not None


def main(folder: str, number: int) -> None:
    project = Project.open(folder)
    assert all(entry.shape == SHAPE for entry in project.entries)

    def compact() -> None:
        while True:
            for entry in project.entries:
                project.compact(entry.id)

    threading.Thread(target=compact, daemon=True).start()
    while True:
        if act(project, number):
            sys.stdout.write(f"{number}\n")
            sys.stdout.flush()
        number += 1


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
