"""The whole plugin is killed in the middle of a stroke, learning: all strokes but the last are there."""

import os
import random
import subprocess
import sys
import time
import zlib
from pathlib import Path

import numpy as np
import pytest
import tifffile

from sketchcell.project import Project
from sketchcell.synthetic import draw_cells

# 100 of them take an hour: by hand.
KILLS = int(os.environ.get("SKETCHCELL_KILLS", "3"))
CHILD = Path(__file__).with_name("paint_until_killed.py")


def painted_until_killed(folder, number, dice):
    """Let a window paint and kill it at a random moment; return what it said, stroke by stroke."""
    with subprocess.Popen(
        [sys.executable, str(CHILD), str(folder), str(number)], stdout=subprocess.PIPE, text=True
    ) as child:
        lines = [child.stdout.readline()]
        while lines[-1] and not lines[-1].endswith(" LEARNING\n"):
            lines.append(child.stdout.readline())
        lines += [child.stdout.readline() for _ in range(dice.randint(0, 25))]
        time.sleep(0.2 * dice.random())
        child.kill()
        lines += child.stdout.readlines()
    return [int(line.split()[0]) for line in lines if line.endswith("\n")]


def painted(project):
    page = project.page(project.entries[0].id)
    return zlib.crc32(page.boundaries.tobytes(), zlib.crc32(page.labels.tobytes()))


@pytest.mark.slow
@pytest.mark.timeout(0)
def test_killed_while_painting_and_learning(tmp_path):
    dice = random.Random(int(os.environ.get("SKETCHCELL_SEED", "0")))
    pixels = draw_cells(np.random.default_rng(0), (96, 112), look="fluorescence").pixels[0]
    tifffile.imwrite(tmp_path / "field.tif", pixels)
    with Project.create(tmp_path / "work") as project:
        project.add(tmp_path / "field.tif", (96, 112))
    number = 0
    for _ in range(KILLS):
        said = painted_until_killed(project.folder, number, dice)
        assert said, "it did not begin to paint"
        with Project.open(project.folder) as project:
            for _ in range(2):  # a stroke that nothing was said of yet, and its halves
                if painted(project) == said[-1]:
                    break
                project.undo()
            assert painted(project) == said[-1]
            assert not any("damaged in the middle" in note for note in project.notes)
        number += len(said)
