"""Runs over many images on a cluster end with the files of a run without."""

import os
import signal

import numpy as np
import pytest
import tifffile

from sketchcell.batch import (
    Options,
    Order,
    Outcome,
    find_images,
    on_cluster,
    segmenting,
    segmenting_in_threads,
)
from sketchcell.cluster import connect
from sketchcell.inference import drain
from sketchcell.pretrained import prior_for

pytest.importorskip("distributed")
pytestmark = pytest.mark.slow

COUNT = 14


def cells(shape, seed=0):
    """An image of bright disks of different sizes."""
    random = np.random.default_rng(seed)
    image = np.zeros(shape)
    rows, columns = np.ogrid[: shape[0], : shape[1]]
    for row in range(14, shape[0] - 10, 30):
        for column in range(14, shape[1] - 10, 30):
            y, x = row + random.uniform(-3, 3), column + random.uniform(-3, 3)
            image[np.hypot(rows - y, columns - x) < random.uniform(7, 11)] = 3000
    return (image + 500 + random.normal(0, 150, shape)).clip(0).astype(np.uint16)


@pytest.fixture(scope="module")
def model():
    return drain(prior_for([cells((60, 75))], "flow"))


@pytest.fixture
def images(tmp_path):
    folder = tmp_path / "images"
    folder.mkdir()
    for number in range(COUNT):
        tifffile.imwrite(folder / f"{number:02}.tif", cells((60, 75), number))
    (folder / "10.tif").write_bytes(b"II*\0 broken")
    return folder


def order(images, out):
    out.mkdir()
    return Order(find_images([str(images)], out=out), out, Options(measured=True), table=out / "cells.csv")


def contents(folder):
    labels = {path.name: tifffile.imread(path) for path in sorted(folder.glob("*.tif"))}
    return labels, sorted((folder / "cells.csv").read_text().splitlines())


def states(steps):
    last = {}
    for step in steps:
        if isinstance(step, Outcome):
            last[step.image.name] = step.state
    return last


def test_killed_workers_and_a_broken_image(model, images, tmp_path):
    expected = states(segmenting(model, order(images, tmp_path / "here"), segmenting_in_threads))
    found = {}
    with connect("local:2") as client:
        pid, *_ = client.run(os.getpid).values()
        for step in segmenting(model, order(images, tmp_path / "there"), on_cluster(client)):
            if isinstance(step, Outcome):
                found[step.image.name] = step.state
                if pid and list(found.values()).count("done") == 3:
                    os.kill(pid, signal.SIGKILL)
                    pid = 0
    assert not pid
    assert found == expected
    assert found["10.tif"] == "failed"
    here, there = contents(tmp_path / "here"), contents(tmp_path / "there")
    assert here[0].keys() == there[0].keys()
    assert len(here[0]) == COUNT - 1
    for name, labels in here[0].items():
        np.testing.assert_array_equal(there[0][name], labels)
    assert there[1] == here[1]
    assert len(here[1]) > COUNT


def test_a_stopped_run_goes_on(model, images, tmp_path):
    wanted = order(images, tmp_path / "out")
    with connect("local:1") as client:
        steps = segmenting(model, wanted, on_cluster(client))
        next(step for step in steps if isinstance(step, Outcome) and step.state == "done")
        steps.close()
        found = states(segmenting(model, wanted, on_cluster(client)))
    assert set(found.values()) == {"skipped", "done", "failed"}
    assert len(list((tmp_path / "out").glob("*.tif"))) == COUNT - 1


def test_a_large_image_on_all_workers(model, tmp_path):
    folder = tmp_path / "images"
    folder.mkdir()
    tifffile.imwrite(folder / "large.tif", cells((500, 420)))
    tifffile.imwrite(folder / "small.tif", cells((60, 75)))
    made = {}
    with connect("local:2") as client:
        for name, perform in (("here", segmenting_in_threads), ("there", on_cluster(client))):
            out = tmp_path / name
            out.mkdir()
            sources = find_images([str(folder)], out=out)
            found = states(segmenting(model, Order(sources, out, Options(tile=160, halo=32)), perform))
            assert set(found.values()) == {"done"}
            made[name] = {path.name: tifffile.imread(path) for path in out.glob("*.tif")}
    assert made["here"]["large.tif"].max() > 100
    for name, labels in made["here"].items():
        np.testing.assert_array_equal(made["there"][name], labels)
