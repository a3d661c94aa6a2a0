"""Which family should one pick? All four, from 1, 3, 10 and 100 % of annotation, on images of many kinds.

    python which_family.py FOLDER … --out results [--forest forest.py]

Each family learns from a sketch of the first image of each folder, in as many steps, and is judged on that
image (but not with 100 %, where it has seen every answer) and on another image of the folder; a folder with
one image is cut in halves. The forest is any Python file with a function `segment(image, sketch)` that
returns labels; it cannot be used on another image.
"""

import argparse
import importlib.util
from pathlib import Path

import numpy as np
from common import Results, halves, images_of, table

from sketchcell import evaluate, simulate_sketch, train
from sketchcell.families import FAMILIES

SHARES = (0.01, 0.03, 0.1, 1.0)


def pair_of(folder, side):
    """Return an image to learn from and one to judge by, with their truths."""
    images = images_of(folder, side)
    if len(images) == 1:
        left, right = halves(images)
        return left[0][1:], right[0][1:]
    return images[0][1:], images[len(images) // 2][1:]


def load_forest(path):
    """Return the function `segment` of a Python file."""
    spec = importlib.util.spec_from_file_location("forest", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.segment


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folders", nargs="+", type=Path)
    parser.add_argument("--out", type=Path, required=True, help="folder for results.json, table and figure")
    parser.add_argument("--steps", type=int, default=250, help="of learning")
    parser.add_argument("--side", type=int, default=512, help="cut images to this many pixels")
    parser.add_argument("--kind", default="strokes", help="of sketch")
    parser.add_argument("--families", nargs="+", default=list(FAMILIES))
    parser.add_argument("--forest", type=Path)
    parser.add_argument("--threads", type=int)
    arguments = parser.parse_args()
    if arguments.threads:
        import torch

        torch.set_num_threads(arguments.threads)
    forest = load_forest(arguments.forest) if arguments.forest else None
    names = [*arguments.families, *(["forest"] if forest else [])]

    results = Results(arguments.out / "which_family.json")
    rows = []
    for folder in arguments.folders:
        first, other = pair_of(folder, arguments.side)
        for share in SHARES:
            sketch = simulate_sketch(first[1], share, arguments.kind, seed=1)
            row = {}
            for name in names:

                def result(first=first, other=other, share=share, sketch=sketch, name=name):
                    if name == "forest":
                        labels = np.asarray(forest(first[0], sketch.labels))
                        return {"same": evaluate(first[1], labels).ap50, "other": float("nan")}
                    model = train(first[0], sketch, name, seconds=None, steps=arguments.steps, init="random")
                    return {
                        where: evaluate(truth, model.segment(image)).ap50
                        for where, (image, truth) in (("same", first), ("other", other))
                    }

                if name != "forest" or share < 1:
                    row[name] = results.get(f"{folder.name}, {share:.0%}, {name}", result)
            if share < 1:
                rows.append([folder.name, f"{share:.0%}", "the same", *cells(row, names, "same")])
            rows.append([folder.name, f"{share:.0%}", "another", *cells(row, names, "other")])
    rows += means(rows, len(names))
    text = table(["images", "painted", "judged on", *names], rows)
    (arguments.out / "which_family.md").write_text(text)
    print(text)
    draw(rows, names, arguments.out / "which_family.png")


def cells(row, names, where):
    """Return a number a name, an empty cell where there is none."""
    found = [row.get(name, {}).get(where, float("nan")) for name in names]
    return ["" if np.isnan(one) else one for one in found]


def means(rows, count):
    """Return the means over all folders, a row a share and judged image."""
    found = []
    for key in dict.fromkeys((row[1], row[2]) for row in rows):
        mine = [row[3:] for row in rows if (row[1], row[2]) == key]
        columns = [[row[i] for row in mine if row[i] != ""] for i in range(count)]
        found.append(["**mean**", *key, *(float(np.mean(c)) if c else "" for c in columns)])
    return found


def draw(rows, names, path):
    """Draw the mean AP50 over the share that is painted."""
    import matplotlib

    matplotlib.use("agg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(1, 2, figsize=(7.5, 3), sharey=True)
    for axis, where in zip(axes, ("the same", "another"), strict=True):
        mine = [row for row in rows if row[0] == "**mean**" and row[2] == where]
        for number, name in enumerate(names):
            points = [(float(row[1].rstrip("%")), row[3 + number]) for row in mine if row[3 + number] != ""]
            if points:
                axis.plot(*zip(*points, strict=True), "o--" if name == "forest" else "o-", label=name)
        axis.set(title=f"judged on {where} image", xlabel="painted, %", xscale="log", ylim=(0, 1))
    axes[0].set_ylabel("mean AP at IoU 0.5")
    axes[0].legend()
    figure.tight_layout()
    figure.savefig(path, dpi=110)


if __name__ == "__main__":
    main()
