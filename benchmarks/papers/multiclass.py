"""Multiclass weighted loss: table 1, contours within a radius; table 2, instances at IoU 0.5.

    python multiclass.py FOLDER … --out results [--paper]

UNET2, UNET3, FL, DWM and SAW learn from whole truths: the left halves of the first images of each folder.
They are judged on the right halves of the others; of a single image, on its own right half. Full class
balance (no floor for rare classes). As in the paper, γ1 and γ2 are the best ones for each method, but here
for the images it learned from (F1 at IoU 0.5); the paper does not say for which. The paper's sizes: the U-Net
of 2015 on the images as they are; by default the compact network at its working scale, for a minute or two a
row.
"""

import argparse
from dataclasses import replace
from itertools import product
from pathlib import Path

import numpy as np
from common import Results, halves, images_of, mean_of, parse, scores, table

from sketchcell import FitSettings, Sketch, evaluate, train
from sketchcell.families import get_family

METHODS = {
    "UNET2": {"classes": 2, "weighting": "unet"},
    "UNET3": {"weighting": "unet"},
    "FL": {"weighting": "focal"},
    "DWM": {"weighting": "dwm"},
    "SAW": {"weighting": "saw"},
}
LEVELS = (0.1, 0.2, 0.35, 0.5, 0.65, 0.8, 0.9)
RADII = (2, 3, 4, 5, 6, 7)
STEPS, PAPER_STEPS = 300, 10000


def parts(folder, learn, most, side):
    """Return what to learn from and what to judge by: names, images and truths."""
    left, right = halves(images_of(folder, side)[:most])
    learn = max(min(learn, len(left) - 1), 1)
    return left[:learn], right[learn:] or right


def best_thresholds(model, learned):
    """Return the parameters with the γ1 and γ2 that find most of the objects that were learned from."""
    maps = [(truth, model.predict(image)) for _, image, truth in learned]
    params = model.config.params
    levels = LEVELS if params.classes > 2 else (params.gamma1,)  # without touching there is no γ1
    found = {}
    for gamma1, gamma2 in product(levels, LEVELS):
        tried = replace(params, gamma1=gamma1, gamma2=gamma2)
        every = [evaluate(truth, model.decode(one, tried)) for truth, one in maps]
        found[gamma1, gamma2] = float(np.mean([_f1(accuracy) for accuracy in every]))
    gamma1, gamma2 = max(found, key=lambda pair: (found[pair], -abs(pair[0] - 0.5) - abs(pair[1] - 0.5)))
    return replace(params, gamma1=gamma1, gamma2=gamma2)


def judged(learned, judge, settings, method, seeds):
    """Return mean scores on what was learned from and on the rest, and the thresholds of each seed."""
    params = get_family("multiclass").Params(**METHODS[method], rarest=0.0)
    settings = replace(settings, family="multiclass", params=params)
    options = {name: value for name, value in vars(settings).items() if name not in ("family", "seed")}
    sketches = [Sketch(truth.astype(np.int32) + 1) for _, _, truth in learned]
    found = {"learned": [], "judged": []}
    gammas = []
    for seed in range(seeds):
        images = [image for _, image, _ in learned]
        model = train(images, sketches, "multiclass", init="random", seed=seed, **options)
        best = best_thresholds(model, learned)
        gammas.append([best.gamma1, best.gamma2])
        for name, several in (("learned", learned), ("judged", judge)):
            for _, image, truth in several:
                found[name].append(scores(truth, model.decode(model.predict(image), best)))
    return {name: mean_of(several) for name, several in found.items()} | {"gammas": gammas}


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folders", nargs="+", type=Path)
    parser.add_argument("--out", type=Path, required=True, help="folder for results, tables and figure")
    parser.add_argument("--methods", nargs="+", choices=METHODS, default=list(METHODS))
    parser.add_argument("--steps", type=int, help=f"of learning (default: {STEPS}; {PAPER_STEPS} --paper)")
    parser.add_argument("--network", default="compact")
    parser.add_argument("--learn", type=int, default=2, help="images of a folder to learn from")
    parser.add_argument("--most", type=int, default=4, help="images of a folder")
    parser.add_argument("--seeds", type=int, default=1, help="runs of each row")
    arguments = parse(parser)
    settings = FitSettings(network=arguments.network, hold_out=0.0)
    if arguments.paper:
        from sketchcell.learning.presets import PRESETS

        settings = PRESETS["SAW"].settings  # the methods share all but their parameters
    steps = arguments.steps or (PAPER_STEPS if arguments.paper else STEPS)
    settings = replace(settings, steps=steps, device=arguments.device)

    results = Results(arguments.out / "multiclass.json")
    found = {}
    for folder in arguments.folders:
        learned, judge = parts(folder, arguments.learn, arguments.most, arguments.side)
        for method in arguments.methods:

            def result(learned=learned, judge=judge, method=method):
                return judged(learned, judge, settings, method, arguments.seeds)

            found[method, folder.name] = results.get(f"{folder.name}, {method}", result)

    folders = [folder.name for folder in arguments.folders]
    text = "\n".join(
        f"{folder}, {'learned from' if name == 'learned' else 'others'}\n\n"
        + tables({method: found[method, folder] for method in arguments.methods}, name)
        for folder in folders
        for name in ("learned", "judged")
    )
    (arguments.out / "multiclass.md").write_text(text)
    print(text)
    draw(found, arguments.methods, folders, arguments.out / "multiclass.png")


def tables(of_methods, name):
    """Return table 1, contour F1, and table 2, instances, as in the paper."""
    contours = [
        [method, *(one[name][f"contour F1, {radius} px"] for radius in RADII)]
        for method, one in of_methods.items()
    ]
    measures = ("precision", "recall", "F1")
    instances = [
        [method, *(one[name][m] for m in measures), " ".join(f"{a:g}/{b:g}" for a, b in one["gammas"])]
        for method, one in of_methods.items()
    ]
    first = table(["contour F1", *(f"{radius} px" for radius in RADII)], contours)
    return first + "\n" + table(["at IoU 0.5", *measures, "γ1/γ2"], instances)


def draw(found, methods, folders, path):
    """Draw contour F1 over the radius, and F1 of instances, on images that were not learned from."""
    import matplotlib

    matplotlib.use("agg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(2, len(folders), figsize=(1 + 2.6 * len(folders), 4.6), squeeze=False)
    for folder, (upper, lower) in zip(folders, axes.T, strict=True):
        for number, method in enumerate(methods):
            one = found[method, folder]["judged"]
            upper.plot(RADII, [one[f"contour F1, {radius} px"] for radius in RADII], label=method)
            lower.bar(number, one["F1"])
        upper.set(title=folder, xlabel="radius (px)", ylabel="contour F1")
        lower.set(ylabel="F1 at IoU 0.5", ylim=(0, 1), xticks=range(len(methods)), xticklabels=methods)
        lower.tick_params(axis="x", labelrotation=45)
    axes[0, 0].legend(fontsize="x-small")
    figure.tight_layout()
    figure.savefig(path, dpi=110)


def _f1(accuracy):
    return accuracy.f1[accuracy.thresholds.index(0.5)]


if __name__ == "__main__":
    main()
