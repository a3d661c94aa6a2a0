"""What all formats share: nothing is lost, nothing is left behind."""

from __future__ import annotations

import numpy as np
import pytest
from drawings import HARD, stacks

from sketchcell.errors import SketchcellError
from sketchcell.export.labels import LABEL_FORMATS, LabelPlanes, exporting_labels, open_labels
from sketchcell.images import read_label_stack
from sketchcell.inference import Progress, drain

FORMATS = [*LABEL_FORMATS]


def place(folder, format):
    return folder / f"cells{LABEL_FORMATS[format].suffix}"


@pytest.mark.parametrize("format", FORMATS)
def test_progress_cancelling_and_failing(format, tmp_path):
    labels = stacks((4, 6, 5))
    path = place(tmp_path, format)
    work = exporting_labels(LabelPlanes("a", labels, (4,), ("t",)), path, format)
    assert isinstance(next(work), Progress)
    next(work)
    work.close()
    assert [*tmp_path.iterdir()] == []
    bad = LabelPlanes("a", [labels[0], labels[1], -labels[2], labels[3]], (4,), ("t",))
    with pytest.raises(SketchcellError, match="not negative"):
        drain(exporting_labels(bad, path, format))
    assert [*tmp_path.iterdir()] == []
    steps = [*exporting_labels(LabelPlanes("a", labels, (4,), ("t",)), path, format)]
    assert [step.done for step in steps] == sorted(step.done for step in steps)
    assert all(step.done <= step.total for step in steps)
    assert [*tmp_path.iterdir()] == [path]


@pytest.mark.parametrize("format", FORMATS)
def test_only_what_is_ours_is_replaced(format, tmp_path):
    cells, path = LabelPlanes("a", [HARD]), place(tmp_path, format)
    first, second = (drain(exporting_labels(cells, path, format)) for _ in range(2))
    assert first == second == 4
    other = place(tmp_path / "foreign", format)
    other.parent.mkdir()
    if LABEL_FORMATS[format].folder:
        other.mkdir()
        (other / "thesis.txt").write_text("all of it")
    else:
        other.write_text("all of it")
    with pytest.raises(SketchcellError, match="was not written by sketchcell"):
        drain(exporting_labels(cells, other, format))
    assert next(file for file in [other, *other.rglob("*")] if file.is_file()).read_text() == "all of it"
    assert drain(exporting_labels(cells, other, format, overwrite=True)) == 4
    assert [*other.parent.iterdir()] == [other]
    assert LABEL_FORMATS[format].is_ours(other)


@pytest.mark.parametrize("format", FORMATS)
def test_places_that_cannot_be_written(format, tmp_path):
    cells = LabelPlanes("a", [HARD])
    with pytest.raises(SketchcellError, match="does not exist"):
        drain(exporting_labels(cells, place(tmp_path / "nowhere", format), format))
    wrong = place(tmp_path, format)
    wrong.write_text("") if LABEL_FORMATS[format].folder else wrong.mkdir()
    with pytest.raises(SketchcellError, match="is no"):
        drain(exporting_labels(cells, wrong, format, overwrite=True))


def test_tiff(tmp_path):
    labels = stacks((2, 3, 6, 5))
    drain(exporting_labels(LabelPlanes("a", labels.reshape(6, 6, 5), (2, 3)), tmp_path / "a.tif", "tiff"))
    stored, axes = read_label_stack(tmp_path / "a.tif")
    assert axes == "TZYX"
    assert (stored == labels).all()
    opened = open_labels(tmp_path / "a.tif")
    assert (opened.leading, opened.roles, opened.name) == ((2, 3), ("t", "z"), "a.tif")


def test_planes_are_checked():
    with pytest.raises(SketchcellError, match="There are 2 planes"):
        LabelPlanes("a", [HARD, HARD], (3,))
    with pytest.raises(SketchcellError, match="only depth and time"):
        LabelPlanes("a", np.zeros((8, 2, 2), int), (2, 2, 2))
    with pytest.raises(SketchcellError, match="only depth and time"):
        LabelPlanes("a", np.zeros((4, 2, 2), int), (2, 2), ("z", "z"))
    with pytest.raises(SketchcellError, match="cannot be written as 'svg'"):
        drain(exporting_labels(LabelPlanes("a", [HARD]), None, "svg"))  # type: ignore[arg-type]
    assert LabelPlanes("a", np.zeros((2, 2, 2), int), (2,), ("position",)).roles == ("z",)
