"""Outlines and run lengths against shapely, which fills them, and pycocotools."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from drawings import HARD, packed, planes
from hypothesis import example, given
from pycocotools import mask as coco
from skimage.measure import label as connected

from sketchcell.export.labels import outlines
from sketchcell.export.labels.runs import runs

# pycocotools' own arrays speak to NumPy as before its version 2.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")


def shape_of(polygons):
    return shapely.MultiPolygon([(rings[0], rings[1:]) for rings in polygons])


def filled(shape, size):
    rows, columns = np.mgrid[: size[0], : size[1]] + 0.5
    return shapely.contains_xy(shape, columns, rows)


@given(planes)
@example(HARD)
@example(np.kron(HARD, np.ones((3, 3), np.int32)))
def test_outlines_hold_exactly_the_pixels(labels):
    drawn = dict(outlines(labels).cells())
    assert [*drawn] == [*np.unique(labels[labels > 0])]
    for label, polygons in drawn.items():
        shape = shape_of(polygons)
        assert shape.is_valid
        assert (filled(shape, labels.shape) == (labels == label)).all()
        assert len(polygons) == connected(labels == label, connectivity=1).max()
        for outer, *holes in polygons:
            assert shapely.LinearRing(outer).is_ccw
            assert not any(shapely.LinearRing(hole).is_ccw for hole in holes)
        corners = [tuple(corner) for rings in polygons for ring in rings for corner in ring]
        assert len(corners) == len(shapely.get_coordinates(shape.simplify(0))) - sum(map(len, polygons))


def test_one_pixel():
    ((label, ((ring,),)),) = outlines(np.pad(np.array([[7]]), 1)).cells()
    assert label == 7
    assert {tuple(corner) for corner in ring.tolist()} == {(1, 1), (2, 1), (2, 2), (1, 2)}


def test_nothing():
    assert [*outlines(np.zeros((3, 4), np.uint8)).cells()] == []
    assert [*runs(np.zeros((3, 4), np.uint8))] == []


def test_many_cells_and_types():
    labels = packed()
    drawn = dict(outlines(labels.astype(np.uint32)).cells())
    assert len(drawn) == labels.max()
    assert drawn[65_537][0][0].min(axis=0).tolist() == [65_537 % labels.shape[1], 65_537 // labels.shape[1]]
    assert [one.label for one in runs(labels)] == [*drawn]


@given(planes)
@example(HARD)
def test_runs_hold_exactly_the_pixels(labels):
    found = {one.label: one for one in runs(labels)}
    assert [*found] == [*np.unique(labels[labels > 0])]
    for label, one in found.items():
        mask = labels == label
        packed_mask = coco.frPyObjects({"size": [*mask.shape], "counts": one.counts}, *mask.shape)
        assert (coco.decode(packed_mask) == mask).all()
        assert one.area == coco.area(packed_mask) == mask.sum()
        assert [*one.box] == coco.toBbox(coco.encode(np.asfortranarray(mask, np.uint8))).tolist()
