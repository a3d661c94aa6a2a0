"""One large image in blocks on a cluster: the cells of the whole."""

import numpy as np
import pytest
import zarr

from sketchcell.cluster import ClusterWorkers, connect
from sketchcell.images import Planes
from sketchcell.inference import drain
from sketchcell.large import segmenting_large

from . import tasks


def segmented(model, image, folder, workers=None):
    out = zarr.create_array(str(folder / "labels.zarr"), shape=image.shape, chunks=(128, 128), dtype=np.int32)
    steps = segmenting_large(model, image, (), out, work=folder / "work", tile=192, halo=32, workers=workers)
    return steps, out


@pytest.fixture
def image(tmp_path, cells):
    stored = zarr.create_array(
        str(tmp_path / "image.zarr"), shape=(700, 640), chunks=(128, 128), dtype="uint16"
    )
    stored[:] = cells((700, 640))
    return Planes(stored)


@pytest.mark.slow
def test_a_worker_dies_and_the_cells_are_the_same(model, image, tmp_path):
    for name in ("here", "there"):
        (tmp_path / name).mkdir()
    steps, expected = segmented(model, image, tmp_path / "here")
    here = drain(steps)
    with connect("local:2") as client:
        pids = list(client.run(tasks.os.getpid).values())
        steps, out = segmented(model, image, tmp_path / "there", ClusterWorkers(client))
        killed = False
        while True:
            try:
                step = next(steps)
            except StopIteration as end:
                there = end.value
                break
            if step.what == "segmenting" and step.done == 2 and not killed:
                tasks.os.kill(pids[0], tasks.signal.SIGKILL)
                killed = True
    assert killed
    assert there.count == here.count > 300
    np.testing.assert_array_equal(out[:], expected[:])
