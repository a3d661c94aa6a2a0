"""Speed of gestures on 2048 × 2048 px with 2,000 instances, half of them with a stroke.

Prints the median and the slowest of each gesture, made anew each time on the same plane, in processor time:
gestures run on one thread, and what else keeps the machine busy does not count.
"""

import argparse
import time

import numpy as np
from scipy import ndimage

from sketchcell.sketch.gestures import (
    Plane,
    accept,
    accept_all,
    from_labels,
    merge,
    outline_stroke,
    redraw,
    reject,
    split,
)

SIZE, CELLS, RADIUS = 2048, 2000, 20


def crowded_plane(random):
    """Return a sheet of cells, many of them touching, with a stroke in every other one."""
    per_side = int(np.ceil(np.sqrt(CELLS)))
    at = (np.stack(np.meshgrid(*[np.arange(per_side)] * 2), -1).reshape(-1, 2) + 0.5) * (SIZE / per_side)
    points = np.rint(at[random.permutation(len(at))[:CELLS]] + random.uniform(-8, 8, (CELLS, 2))).astype(int)
    points = np.clip(points, 0, SIZE - 1)
    seeds = np.zeros((SIZE, SIZE), np.int32)
    seeds[points[:, 0], points[:, 1]] = np.arange(1, CELLS + 1)
    away, (rows, columns) = ndimage.distance_transform_edt(seeds == 0, return_indices=True)
    instances = np.where(away <= RADIUS, seeds[rows, columns], 0).astype(np.int32)
    labels = np.zeros((SIZE, SIZE), np.uint16)
    strokes = (np.abs(np.arange(SIZE)[:, None] - rows) < 3) & (away < RADIUS - 6)
    labels[strokes & (instances % 2 == 1)] = 2
    return Plane(labels, np.zeros((SIZE, SIZE), np.uint8), instances), points


def circle(centre, radius):
    angles = np.linspace(0, 2 * np.pi, 100)
    return centre + radius * np.stack([np.sin(angles), np.cos(angles)], 1)


def timed(gesture):
    start = time.process_time()
    result = gesture()
    return time.process_time() - start, result is not None


def measure(title, gestures):
    """Print how long gestures take, and how many of them did something."""
    seconds, did = zip(*[timed(gesture) for gesture in gestures], strict=True)
    print(
        f"{title:<44} median {1e3 * np.median(seconds):7.2f} ms   slowest {1e3 * max(seconds):7.2f} ms"
        f"   {sum(did)} of {len(did)} did something"
    )


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=50)
    repeats = parser.parse_args().repeats
    random = np.random.default_rng(0)
    plane, points = crowded_plane(random)
    chosen = [tuple(int(n) for n in point) for point in points[:repeats]]
    measure("accept", [lambda at=at: accept(plane, at) for at in chosen])
    measure("reject", [lambda at=at: reject(plane, at) for at in chosen])
    lines = [[(r - 30, c + 2), (r, c), (r + 17, c - 2)] for r, c in chosen]
    measure("split", [lambda line=line: split(plane, line) for line in lines])
    across = [[(r, c), (r, min(c + 46, SIZE - 1))] for r, c in chosen]
    measure("merge", [lambda line=line: merge(plane, line, 5) for line in across])
    outlines = [circle(at, RADIUS + 2) for at in chosen]
    measure("redraw", [lambda outline=outline: redraw(plane, outline) for outline in outlines])
    measure("outline a stroke", [lambda at=at: outline_stroke(plane, at) for at in chosen])
    long = [[(0, column), (SIZE, column + 40)] for column in range(0, SIZE - 40, SIZE // 5)]
    measure(
        "split all along a line across the image", [lambda line=line: split(plane, line) for line in long]
    )
    whole, view = slice(0, SIZE), slice(500, 1524)
    measure("accept all in 1024² px", [lambda: accept_all(plane, (view, view))] * 10)
    measure("accept all in 2048² px", [lambda: accept_all(plane, (whole, whole))] * 10)
    done = accept_all(plane, (whole, whole))
    again = Plane(done.labels, done.boundaries, done.instances)
    measure("the same once more", [lambda: accept_all(again, (whole, whole))] * 10)
    blob = Plane(plane.labels, plane.boundaries, np.ones((SIZE, SIZE), np.int32))
    measure("accept what is one cell all over the image", [lambda: accept(blob, chosen[0])] * 5)
    measure("split it", [lambda: split(blob, [(0, 700), (SIZE, 740)])] * 5)
    measure("import", [lambda: from_labels(plane.instances, complete=False)] * 5)


if __name__ == "__main__":
    main()
