"""COCO JSON, read with pycocotools."""

from __future__ import annotations

import numpy as np
import pytest
from drawings import HARD, packed, planes, stacks
from hypothesis import HealthCheck, example, given, settings
from pycocotools.coco import COCO

from sketchcell.export.labels import LabelPlanes, Options, exporting_labels, writing_coco
from sketchcell.inference import drain

# pycocotools' own arrays speak to NumPy as before its version 2.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")


def filled(coco, number):
    image = coco.imgs[number]
    labels = np.zeros((image["height"], image["width"]), np.int64)
    for one in coco.imgToAnns[number]:
        mask = coco.annToMask(one).astype(bool)
        assert not labels[mask].any()
        assert one["area"] == mask.sum()
        rows, columns = np.nonzero(mask)
        x, y, width, height = one["bbox"]
        assert (x, y) == (columns.min(), rows.min())
        assert (x + width - 1, y + height - 1) == (columns.max(), rows.max())
        labels[mask] = one["label"]
    return labels


@pytest.mark.parametrize("polygons", [False, True])
@given(labels=planes)
@example(labels=HARD)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_masks_are_the_labels(polygons, labels, tmp_path):
    path = tmp_path / "a.json"
    drain(exporting_labels(LabelPlanes("a.tif", [labels]), path, "coco", Options(polygons=polygons)))
    coco = COCO(path)
    assert (filled(coco, 1) == labels).all()
    assert [image["file_name"] for image in coco.imgs.values()] == ["a.tif"]
    assert {one["category_id"] for one in coco.anns.values()} <= {*coco.cats}


def test_polygons_unless_there_are_holes(tmp_path):
    path = tmp_path / "a.json"
    drain(exporting_labels(LabelPlanes("a", [HARD]), path, "coco", Options(polygons=True)))
    kinds = {one["label"]: type(one["segmentation"]) for one in COCO(path).anns.values()}
    assert kinds == {1: dict, 2: list, 3: list, 4: list}


def test_several_images_and_stacks(tmp_path):
    stack = stacks((2, 3, 6, 5))
    images = [
        LabelPlanes("one.png", [HARD]),
        LabelPlanes("two.tif", stack.reshape(6, 6, 5), (2, 3), ("t", "z")),
    ]
    count = drain(writing_coco(images, tmp_path / "a.json"))
    coco = COCO(tmp_path / "a.json")
    assert len(coco.anns) == count
    names = [image["file_name"] for image in coco.imgs.values()]
    assert names == ["one.png", *(f"two_t{time}_z{depth}.tif" for time in range(2) for depth in range(3))]
    for number, labels in enumerate([HARD, *stack.reshape(6, 6, 5)], start=1):
        assert (filled(coco, number) == labels).all()


@pytest.mark.slow
def test_more_cells_than_16_bits_count(tmp_path):
    labels = packed()
    drain(exporting_labels(LabelPlanes("a", [labels]), tmp_path / "a.json", "coco"))
    coco = COCO(tmp_path / "a.json")
    places = [(one["bbox"][1], one["bbox"][0]) for one in coco.anns.values()]
    assert [labels[place] for place in places] == [one["label"] for one in coco.anns.values()]
    assert len(places) == labels.max()
