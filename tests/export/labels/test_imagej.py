"""Regions, read with roifile and filled again."""

from __future__ import annotations

import numpy as np
import pytest
import roifile
import shapely
from drawings import HARD, packed, planes, stacks
from hypothesis import HealthCheck, example, given, settings

from sketchcell.export.labels import LabelPlanes, exporting_labels
from sketchcell.inference import drain


def written(path, cells):
    count = drain(exporting_labels(cells, path, "imagej"))
    rois = roifile.roiread(path) if count else []
    rois = rois if isinstance(rois, list) else [rois]
    assert len(rois) == count == len({roi.name for roi in rois})
    return rois


def filled(rois, size):
    """Fill as ImageJ does: a pixel belongs to a region if its middle is inside by the even-odd rule."""
    labels = np.zeros(size, np.int64)
    rows, columns = np.mgrid[: size[0], : size[1]] + 0.5
    for roi in rois:
        inside = np.zeros(size, bool)
        for line in roi.coordinates(multi=True):
            inside ^= shapely.contains_xy(shapely.Polygon(line), columns, rows)
        found = np.argwhere(inside)
        assert (found.min(axis=0) == [roi.top, roi.left]).all()
        assert (found.max(axis=0) + 1 == [roi.bottom, roi.right]).all()
        labels[inside] = int(roi.name.split("-")[-1])
    return labels


@given(labels=planes)
@example(labels=HARD)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_what_is_filled_are_the_labels(labels, tmp_path):
    rois = written(tmp_path / "a.zip", LabelPlanes("a", [labels]))
    assert (filled(rois, labels.shape) == labels).all()


def test_plain_cells_are_traced_and_others_composite(tmp_path):
    rois = {roi.name: roi for roi in written(tmp_path / "a.zip", LabelPlanes("a", [HARD]))}
    assert rois["2"].roitype is roifile.ROI_TYPE.TRACED
    assert not rois["2"].composite
    assert all(rois[name].composite for name in "134")
    assert {roi.position for roi in rois.values()} == {0}


def test_slices_and_hyperstacks(tmp_path):
    labels = stacks((3, 6, 5))
    rois = written(tmp_path / "z.zip", LabelPlanes("a", labels, (3,), ("z",)))
    for depth in range(3):
        here = [roi for roi in rois if roi.position == depth + 1]
        assert all(roi.name.startswith(f"z{depth + 1}-") for roi in here)
        assert (filled(here, (6, 5)) == labels[depth]).all()
    labels = stacks((2, 3, 6, 5))
    rois = written(tmp_path / "tz.zip", LabelPlanes("a", labels.reshape(6, 6, 5), (2, 3), ("t", "z")))
    for time in range(2):
        for depth in range(3):
            here = [roi for roi in rois if (roi.t_position, roi.z_position) == (time + 1, depth + 1)]
            assert all(roi.name.startswith(f"t{time + 1}-z{depth + 1}-") for roi in here)
            assert (filled(here, (6, 5)) == labels[time, depth]).all()


def test_the_same_cells_give_the_same_file(tmp_path):
    for name in "ab":
        written(tmp_path / f"{name}.zip", LabelPlanes("a", [HARD]))
    assert (tmp_path / "a.zip").read_bytes() == (tmp_path / "b.zip").read_bytes()


@pytest.mark.slow
def test_more_regions_than_an_old_zip_holds(tmp_path):
    labels = packed()
    rois = written(tmp_path / "a.zip", LabelPlanes("a", [labels]))
    assert [int(roi.name) for roi in rois] == [*range(1, labels.max() + 1)]
    assert (labels[[roi.top for roi in rois], [roi.left for roi in rois]] == np.arange(1, labels.size)).all()


def test_far_from_the_corner(tmp_path):
    labels = np.zeros((3, 60_000), np.uint8)
    labels[1, -5:] = 1
    labels[:2, -9] = 2
    labels[2, -8] = 2
    rois = written(tmp_path / "a.zip", LabelPlanes("a", [labels]))
    assert rois[0].coordinates().max(axis=0).tolist() == [60_000, 2]
    assert max(line.max() for line in rois[1].coordinates(multi=True)) == 59_993
