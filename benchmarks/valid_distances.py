"""Speed of valid distances: a fresh computation against one plain transform, an update against a fresh one.

Prints medians of interleaved runs and their ratios: 2048 × 2048 px with 200 strokes, and harder sketches.
"""

import argparse
import time

import edt
import numpy as np

from sketchcell.sketch import valid_distances
from sketchcell.sketch.annotator import Annotator

SIZE = 2048


def truth_image(random, size=SIZE, count=1200):
    """Return disks of 10 to 20 px radius, some of them touching."""
    truth = np.zeros((size, size), np.int32)
    for number in range(1, count + 1):
        radius = int(random.integers(10, 21))
        row, column = random.integers(radius, size - radius, 2)
        rows, columns = np.ogrid[-radius : radius + 1, -radius : radius + 1]
        box = truth[row - radius : row + radius + 1, column - radius : column + radius + 1]
        box[(rows**2 + columns**2 <= radius**2) & (box == 0)] = number
    return truth


def stroke_sketch(truth, random, strokes=200):
    """Return strokes as a person paints them, in objects and on background."""
    annotator = Annotator(truth, 1.0, random, one_id=False)
    actions = (
        Annotator.dab,
        Annotator.scribble,
        Annotator.cell,
        Annotator.beside,
        Annotator.background_scribble,
    )
    for stroke in range(strokes):
        actions[stroke % len(actions)](annotator)
    return annotator.sketch()


def one_stroke(truth, random):
    """Return the window and the labels of a new stroke: a scribble of about 60 px, brush of 7 px."""
    annotator = Annotator(truth, 1.0, random, one_id=False)
    annotator.scribble()
    labels = annotator.sketch().labels
    rows, columns = np.flatnonzero(labels.any(axis=1)), np.flatnonzero(labels.any(axis=0))
    return (slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1)), labels


def timed(function, *arguments):
    start = time.perf_counter()
    function(*arguments)
    return time.perf_counter() - start


def measure(title, sketch, strokes, repeats):
    """Print the medians of interleaved runs of transform, fresh computation and updates."""
    labels, boundaries = sketch.labels.copy(), sketch.boundaries.copy()
    plain, fresh, update = [], [], []
    assert sketch.distances.valid.shape == sketch.shape
    for repeat in range(repeats):
        plain.append(timed(edt.edt, labels))
        fresh.append(timed(valid_distances, labels, boundaries))
        window, painted = strokes[repeat % len(strokes)]
        old = sketch.labels[window].copy()
        new = np.where(painted[window] > 0, painted[window], old)
        if np.array_equal(new, old):
            new = np.where(painted[window] > 0, 0, old)
        update.append(timed(sketch.paint, window, new))
        update.append(timed(sketch.paint, window, old))
    plain_ms, fresh_ms, update_ms = (1e3 * float(np.median(times)) for times in (plain, fresh, update))
    slowest = 1e3 * float(np.percentile(update, 90))
    print(
        f"{title:<44} edt {plain_ms:6.1f} ms   fresh {fresh_ms:6.1f} ms = {fresh_ms / plain_ms:4.2f} edt   "
        f"update {update_ms:5.2f} ms = {update_ms / fresh_ms:6.4f} fresh (90 %: {slowest / fresh_ms:6.4f})"
    )


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=15)
    repeats = parser.parse_args().repeats
    random = np.random.default_rng(0)
    truth = truth_image(random)
    strokes = [one_stroke(truth, random) for _ in range(8)]
    few = stroke_sketch(truth, random)
    measure(f"200 strokes, {(few.labels > 0).mean():.1%} painted", few, strokes, repeats)
    for share in (0.03, 0.1, 0.5, 1.0):
        annotator = Annotator(truth, share, random, one_id=False)
        annotator.field()
        measure(f"field, {share:.0%} painted", annotator.sketch(), strokes, repeats)


if __name__ == "__main__":
    main()
