"""Killed at random moments: all strokes that were acknowledged are there, and nothing else."""

import json
import os
import random
import subprocess
import sys
import time
from pathlib import Path

import pytest
from painter import add, state
from strokes_until_killed import act

from sketchcell.project import Project

# 100 of them take a few minutes: by hand.
KILLS = int(os.environ.get("SKETCHCELL_KILLS", "12"))
CHILD = Path(__file__).with_name("strokes_until_killed.py")


def acknowledged_until_killed(folder, number, dice):
    """Let a program paint, kill it at a random moment; return the numbers that it has acknowledged."""
    with subprocess.Popen(
        [sys.executable, str(CHILD), str(folder), str(number)], stdout=subprocess.PIPE, text=True
    ) as child:
        lines = [child.stdout.readline() for _ in range(dice.randint(1, 150))]
        time.sleep(0.05 * dice.random())
        child.kill()
        lines += child.stdout.readlines()
    return [int(line) for line in lines if line.endswith("\n")]


@pytest.mark.slow
def test_killed_at_random_moments(tmp_path):
    dice = random.Random(0)
    project, oracle = Project.create(tmp_path / "p"), Project.create(tmp_path / "oracle")
    for name in ("one", "two"):
        add(project, tmp_path, name)
        add(oracle, tmp_path, name)
    project.close()
    number = 1
    for _ in range(KILLS):
        acknowledged = acknowledged_until_killed(project.folder, number, dice)
        with Project.open(project.folder) as project:
            # Killed after a record was written and before that was said: one more may be there.
            records = (project.folder / "journal.jsonl").read_text().splitlines()
            last = json.loads(records[-1])["n"]
            found = list(state(project).values())
        done = 0
        while done < len(acknowledged):
            done += act(oracle, number)
            number += 1
        if last > oracle_records(oracle):
            while not act(oracle, number):
                number += 1
            number += 1
        assert last == oracle_records(oracle)
        assert found == list(state(oracle).values())
    oracle.close()


def oracle_records(oracle):
    return len((oracle.folder / "journal.jsonl").read_bytes().splitlines())
