"""Sketchpose, table 2: what accuracy costs less annotation, and does it matter where one paints?

    python flow.py FOLDER … --out results [--paper]

The `flow` family learns from 10, 25, 50 and 100 % of the pixels of the left halves of each folder's images
and is judged on their right halves. Annotation is chosen twice: where smoothed white noise (σ = 50) is
largest, as in the paper, and by a robot that dabs, scribbles and fills cells evenly over all objects, as a
person aims. The paper's sizes: 224 px patches, 16 a step, flips, 100 epochs, the residual U-Net of Omnipose;
by default the compact network for some minutes.
"""

import argparse
from dataclasses import replace
from pathlib import Path

from common import Results, halves, images_of, mean_of, parse, scores, table

from sketchcell import FitSettings, simulate_sketch, train

SHARES = (0.1, 0.25, 0.5, 1.0)
KINDS = {"field": "by chance", "strokes": "aimed"}
MEASURES = ("precision", "recall", "F1", "Dice", "Jaccard", "DQ", "SQ")


def learned(images, share, kind, settings):
    """Return a model that learned from parts of the truths."""
    sketches = [simulate_sketch(truth, share, kind, seed) for seed, (_, _, truth) in enumerate(images)]
    options = {name: value for name, value in vars(settings).items() if name != "family"}
    return train([image for _, image, _ in images], sketches, settings.family, init="random", **options)


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folders", nargs="+", type=Path)
    parser.add_argument("--out", type=Path, required=True, help="folder for results.json, table and figure")
    parser.add_argument(
        "--steps",
        type=int,
        default=400,
        help="of learning (the paper: 100 epochs)",
    )
    parser.add_argument("--most", type=int, default=8, help="images of a folder")
    arguments = parse(parser)
    settings = FitSettings(steps=arguments.steps, device=arguments.device)
    if arguments.paper:
        from sketchcell.learning.presets import PRESETS

        settings = replace(PRESETS["sketchpose"].settings, device=arguments.device, steps=arguments.steps)

    results = Results(arguments.out / "flow.json")
    rows = []
    for folder in arguments.folders:
        learn, judge = halves(images_of(folder, arguments.side)[: arguments.most])
        for kind, title in KINDS.items():
            for share in SHARES:
                if share == 1 and kind != "field":
                    continue  # everything is painted either way

                def result(learn=learn, judge=judge, share=share, kind=kind):
                    model = learned(learn, share, kind, settings)
                    return mean_of([scores(truth, model.segment(image)) for _, image, truth in judge])

                found = results.get(f"{folder.name}, {share:.0%}, {title}", result)
                rows.append([folder.name, title, f"{share:.0%}", *(found[name] for name in MEASURES)])
    text = table(["images", "annotation", "share", *MEASURES], rows)
    (arguments.out / "flow.md").write_text(text)
    print(text)
    draw(rows, arguments.out / "flow.png")


def draw(rows, path):
    """Draw F1 over the share that is annotated."""
    import matplotlib

    matplotlib.use("agg")
    from matplotlib import pyplot

    folders = list(dict.fromkeys(row[0] for row in rows))
    figure, axes = pyplot.subplots(1, len(folders), figsize=(3.2 * len(folders), 2.8), squeeze=False)
    f1 = 3 + MEASURES.index("F1")
    for folder, axis in zip(folders, axes[0], strict=True):
        whole = [row[f1] for row in rows if row[0] == folder and row[2] == "100%"]
        for title, style in zip(KINDS.values(), ("o-", "s--"), strict=True):
            mine = [row for row in rows if row[0] == folder and row[1] == title and row[2] != "100%"]
            shares = [float(row[2].rstrip("%")) for row in mine] + [100.0]
            axis.plot(shares, [row[f1] for row in mine] + whole, style, label=title)
        axis.set(title=folder, xlabel="annotated, %", ylabel="F1 at IoU 0.5", ylim=(0, 1))
    axes[0, 0].legend()
    figure.tight_layout()
    figure.savefig(path, dpi=110)


if __name__ == "__main__":
    main()
