"""Speed and accuracy of linking: sections of a stack to objects, objects of a movie to tracks.

Speed: discs that wander, and some that divide, in planes of 2048 × 2048 px with 2,000 each; medians. The
aim is 10 s for 50 planes, reading them not counted. Their true tracks are known: links are compared.

Accuracy: label stacks with objects in 3D (`--stacks`) are cut into planes, whose objects get new random ids;
5 % of the sections are lost in a second run. Movies (`--movies`, folders of label planes with kept ids)
likewise; they are thinned out too.
"""

import argparse
import time
from pathlib import Path

import numpy as np

from sketchcell import evaluate
from sketchcell.images import read_label_stack, read_labels
from sketchcell.inference import drain
from sketchcell.linking import linking_frames, linking_planes


def movie(random, size, count, frames, radius=18):
    """Return label planes of wandering discs, which all have their own id; about 1 % a frame divide."""
    side = int(np.ceil(np.sqrt(count)))
    grid = np.stack(np.meshgrid(*[(np.arange(side) + 0.5) * size / side] * 2, indexing="ij"), -1)
    places = grid.reshape(-1, 2)[:count] + random.uniform(-5, 5, (count, 2))
    ids = np.arange(1, count + 1)
    disc = np.hypot(*np.mgrid[-radius : radius + 1, -radius : radius + 1]) <= radius
    planes = []
    for _ in range(frames):
        plane = np.zeros((size + 2 * radius + 1,) * 2, np.int32)
        for number, (row, column) in zip(ids, np.rint(places).astype(int), strict=True):
            plane[row : row + disc.shape[0], column : column + disc.shape[1]][disc] = number
        planes.append(plane[radius:-radius, radius:-radius][:size, :size].copy())
        divides = random.random(ids.size) < 0.01
        apart = np.array([radius / 2, 0])
        new = ids.max() + 1 + np.arange(2 * divides.sum())
        places = np.concatenate([places[~divides], places[divides] - apart, places[divides] + apart])
        ids = np.concatenate([ids[~divides], new])
        places = np.clip(places + random.normal(0, 2, places.shape), 0, size - 1)
    return planes


def scrambled(random, planes, lost=0.0):
    """Return the planes with new random ids in each, and a share of the objects lost."""
    result = []
    for plane in planes:
        ids, places = np.unique(plane, return_inverse=True)
        new = random.permutation(ids.size) + 1
        new[random.random(ids.size) < lost] = 0
        new[ids == 0] = 0
        result.append(new[places].reshape(plane.shape).astype(np.int32))
    return result


def links(planes):
    """Return the pairs (frame, object) that an id connects, objects named by a pixel of theirs."""
    found, before = set(), {}
    for index, plane in enumerate(planes):
        ids, places = np.unique(plane, return_index=True)
        here = {int(i): int(place) for i, place in zip(ids, places, strict=True) if i}
        found |= {(index, before[i], place) for i, place in here.items() if i in before}
        before = here
    return found


def report_links(title, truth, labels):
    true, predicted = links(truth), links(labels)
    right = len(true & predicted)
    print(f"{title:<52} {len(true):6} links, {right / len(true):.3f} found, {len(predicted) - right} wrong")


def report_speed(planes, repeats):
    for title, linking in (
        ("stack", lambda: linking_planes(planes)),
        ("movie", lambda: linking_frames(planes)),
        ("movie with divisions", lambda: linking_frames(planes, divisions=True)),
    ):
        times, busy = [], []
        for _ in range(repeats):
            start, used = time.perf_counter(), time.process_time()
            drain(linking())
            times.append(time.perf_counter() - start)
            busy.append(time.process_time() - used)
        print(f"{title:<24} {np.median(times):6.2f} s, of the processor {np.median(busy):6.2f} s")


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--size", type=int, default=2048)
    parser.add_argument("--count", type=int, default=2000)
    parser.add_argument("--planes", type=int, default=50)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--stacks", type=Path, nargs="*", default=[])
    parser.add_argument("--movies", type=Path, nargs="*", default=[])
    arguments = parser.parse_args()
    random = np.random.default_rng(0)

    truth = movie(random, arguments.size, arguments.count, arguments.planes)
    planes = scrambled(random, truth)
    report_speed(planes, arguments.repeats)
    report_links("discs", truth, drain(linking_frames(planes, divisions=True)).labels)
    for path in arguments.stacks:
        stack, _ = read_label_stack(path)
        for lost in (0.0, 0.05):
            for share in (0.5, 0.75, 0.9):
                result = evaluate(stack, drain(linking_planes(scrambled(random, stack, lost), share=share)))
                print(
                    f"{path.stem:<24} {lost:4.0%} lost, share {share:.2f}: "
                    f"AP50 {result.ap50:.2f}, mean AP {result.mean_ap:.2f}"
                )
    for folder in arguments.movies:
        frames = [read_labels(path) for path in sorted(folder.glob("*_masks.png"))]
        for every in (1, 3):
            for share in (0.1, 0.3, 0.75):
                thin = frames[::every]
                result = drain(linking_frames(scrambled(random, thin), share=share))
                report_links(f"{folder.name}, every {every}, share {share:.2f}", thin, result.labels)


if __name__ == "__main__":
    main()
