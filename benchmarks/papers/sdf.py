"""Signed distance and Modified Hausdorff loss: table 1, what each term adds; table 2, against a plain U-Net.

    python sdf.py FOLDER … --out results [--paper]

Networks learn from whole truths: the left halves of the first frames of each folder. They are judged on the
right halves of the other frames, for in a time-lapse the nuclei hardly move and would be met again; the
paper has a second sequence of each kind to judge by. SEG as the paper gives it: mean and standard deviation
over the images. Cells are the components of φ > 0, nothing is cut or fitted; the plain U-Net is the same
network with two classes and the cross-entropy balanced between them. The paper's sizes: the wide U-Net, 128
px patches, 16 a step, on the image as it is; by default the compact network at its working scale, for a
minute or two a row.
"""

import argparse
from dataclasses import replace
from pathlib import Path

import numpy as np
from common import Results, halves, images_of, parse, scores, table

from sketchcell import FitSettings, Sketch, train
from sketchcell.families import get_family
from sketchcell.learning.presets import PRESETS

WITHOUT = {"lmhd_weight": 0.0, "rmhd_weight": 0.0}
ABLATION = {
    "CE": {**WITHOUT, "lse_weight": 0.0},
    "CE + LSE": WITHOUT,
    "CE + LSE + LMHD": {"rmhd_weight": 0.0},
    "CE + LSE + RMHD": {"lmhd_weight": 0.0},
    "all four": {},
}
PLAIN = "U-Net, two classes"
STEPS, PAPER_STEPS = 300, 4000


def with_method(settings, method):
    """Return settings that learn by a method of the tables."""
    if method == PLAIN:
        params = get_family("multiclass").Params(classes=2, weighting="balance")
        return replace(settings, family="multiclass", params=params)
    return replace(
        settings,
        family="sdf",
        params=get_family("sdf").Params(parting=2.0, speck_size=0.0, **ABLATION[method]),
    )


def frames(folder, learn, most, side):
    """Return what to learn from and what to judge by: images and truths."""
    left, right = halves(images_of(folder, side)[:most])
    learn = min(learn, len(left) - 1)
    return left[:learn], right[learn:]


def judged(learn, judge, settings, seeds):
    """Return SEG of each image and seed."""
    options = {name: value for name, value in vars(settings).items() if name not in ("family", "seed")}
    images = [image for _, image, _ in learn]
    found = []
    for seed in range(seeds):
        sketches = [Sketch(truth.astype(np.int32) + 1) for _, _, truth in learn]
        model = train(images, sketches, settings.family, init="random", seed=seed, **options)
        found += [scores(truth, model.segment(image))["SEG"] for _, image, truth in judge]
    return found


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folders", nargs="+", type=Path)
    parser.add_argument("--out", type=Path, required=True, help="folder for results, tables and figure")
    parser.add_argument("--steps", type=int, help=f"of learning (default: {STEPS}; {PAPER_STEPS} --paper)")
    parser.add_argument("--network", default="compact")
    parser.add_argument("--learn", type=int, default=2, help="frames of a folder to learn from")
    parser.add_argument("--most", type=int, default=8, help="frames of a folder")
    parser.add_argument("--seeds", type=int, default=1, help="runs of each row")
    arguments = parse(parser)
    settings = FitSettings(network=arguments.network, hold_out=0.0)
    if arguments.paper:
        settings = PRESETS["sdf-paper"].settings
    steps = arguments.steps or (PAPER_STEPS if arguments.paper else STEPS)
    settings = replace(settings, steps=steps, device=arguments.device)

    results = Results(arguments.out / "sdf.json")
    found = {}
    for folder in arguments.folders:
        learn, judge = frames(folder, arguments.learn, arguments.most, arguments.side)
        for method in (PLAIN, *ABLATION):

            def result(learn=learn, judge=judge, method=method):
                return judged(learn, judge, with_method(settings, method), arguments.seeds)

            found[method, folder.name] = results.get(f"{folder.name}, {method}", result)

    folders = [folder.name for folder in arguments.folders]
    text = "\n".join(
        table([title, *folders], [[m, *(mean_std(found[m, f]) for f in folders)] for m in methods])
        for title, methods in (("SEG by loss", ABLATION), ("SEG by method", (PLAIN, "all four")))
    )
    (arguments.out / "sdf.md").write_text(text)
    print(text)
    draw(found, folders, arguments.out / "sdf.png")


def mean_std(values):
    """Return mean and standard deviation as the paper prints them."""
    return f"{np.nanmean(values):.3f} ({np.nanstd(values):.3f})"


def draw(found, folders, path):
    """Draw SEG of each image, and its mean, by method."""
    import matplotlib

    matplotlib.use("agg")
    from matplotlib import pyplot

    methods = (PLAIN, *ABLATION)
    figure, axes = pyplot.subplots(
        1, len(folders), figsize=(1 + 2.4 * len(folders), 2.6), sharey=True, squeeze=False
    )
    for folder, axis in zip(folders, axes[0], strict=True):
        for row, method in enumerate(methods):
            values = found[method, folder]
            axis.plot(values, [row] * len(values), "|", color="0.6", markersize=9)
            axis.plot(np.nanmean(values), row, "o", color="C0" if row else "C1")
        axis.set(title=folder, xlabel="SEG", yticks=range(len(methods)), yticklabels=methods)
    axes[0, 0].invert_yaxis()
    figure.tight_layout()
    figure.savefig(path, dpi=110)


if __name__ == "__main__":
    main()
