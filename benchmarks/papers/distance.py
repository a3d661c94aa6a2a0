"""SAMCell, table 1 and appendix: DET and SEG of a U-Net that learned distance maps; thresholds swept.

    python distance.py FOLDER … --table docs/distance.md --figure docs/distance.png [--paper]

The `distance` family learns from whole truths of all but the last images of each folder and is judged on the
last ones, which it has not seen: DET, SEG and OP_CSB = (DET + SEG)/2 as in the Cell Tracking Challenge, by
SAMCell's own decoder and thresholds (peaks above 0.47, cells above 0.09) and with flat valleys joined. Peak
and fill thresholds are then swept on the same maps by SAMCell's decoder. The paper's sizes: the U-Net of
2015 in the place of SAM's encoder, 256 px patches, 8 a step, 250 steps of warm-up and linear decay,
patience 7, CLAHE, inversion, zoom, on the images as they are; by default the compact network for some
minutes.
"""

import argparse
from dataclasses import replace
from pathlib import Path

import numpy as np
from common import Results, halves, images_of, mean_of, parse, scores, table

from sketchcell import FitSettings, Sketch, train
from sketchcell.families import get_family
from sketchcell.learning.presets import PRESETS

MEASURES = ("DET", "SEG", "OP_CSB")
PEAKS = (0.3, 0.35, 0.4, 0.43, 0.47, 0.5, 0.55, 0.65)
FILLS = (0.01, 0.03, 0.05, 0.07, 0.09, 0.12, 0.15, 0.2)
Params = get_family("distance").Params
METHODS = {
    "SAMCell's decoder": {"parting": 0.0},
    "flat valleys joined": {"parting": Params().parting},
}
STEPS, PAPER_STEPS = 400, 6000


def split(folder, judged, side):
    """Return images to learn from and to judge by; of a folder with one image, its halves."""
    images = images_of(folder, side)
    if len(images) == 1:
        return halves(images)
    judged = min(judged, len(images) - 1)
    return images[:-judged], images[-judged:]


def maps_of(learn, judge, settings):
    """Return a model, the maps of what it is judged by, and the truths."""
    options = {name: value for name, value in vars(settings).items() if name != "family"}
    sketches = [Sketch(truth.astype(np.int64) + 1) for _, _, truth in learn]
    model = train([image for _, image, _ in learn], sketches, settings.family, init="random", **options)
    return model, [(model.predict(image), truth) for _, image, truth in judge]


def judged_by(model, maps, **params):
    """Return the measures of a decoder's parameters, on the mean over the images."""
    params = replace(Params(), minimum_size=model.config.params.minimum_size, **params)
    several = [scores(truth, model.decode(one, params)) for one, truth in maps]
    return {name: mean_of(several)[name] for name in MEASURES}


def experiment(learn, judge, settings):
    """Return the measures of the methods and of the sweep, as plain numbers."""
    model, maps = maps_of(learn, judge, settings)
    return {
        "steps": model.config.provenance["steps"],
        "methods": {name: judged_by(model, maps, **params) for name, params in METHODS.items()},
        "sweep": [
            [
                judged_by(model, maps, parting=0.0, peak_threshold=peak, fill_threshold=fill)["OP_CSB"]
                for fill in FILLS
            ]
            for peak in PEAKS
        ],
    }


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folders", nargs="+", type=Path)
    parser.add_argument("--table", type=Path, required=True, help="where the Markdown tables go")
    parser.add_argument("--figure", type=Path, required=True, help="where the figure goes")
    parser.add_argument("--results", type=Path, help="where numbers go (default: beside the table, .json)")
    parser.add_argument("--steps", type=int, help=f"of learning (default: {STEPS}; {PAPER_STEPS} --paper)")
    parser.add_argument("--judged", type=int, default=2, help="images of a folder to judge by")
    arguments = parse(parser)
    settings = FitSettings(family="distance", hold_out=0.0)
    if arguments.paper:
        settings = PRESETS["samcell"].settings
    steps = arguments.steps or (PAPER_STEPS if arguments.paper else STEPS)
    settings = replace(settings, steps=steps, device=arguments.device)

    results = Results(arguments.results or arguments.table.with_suffix(".json"))
    found = {}
    for folder in arguments.folders:
        learn, judge = split(folder, arguments.judged, arguments.side)
        size = f"{'paper, ' if arguments.paper else ''}{steps} steps"
        found[folder.name] = results.get(
            f"{folder.name}, {size}", lambda learn=learn, judge=judge: experiment(learn, judge, settings)
        )

    text = tables(found)
    arguments.table.parent.mkdir(parents=True, exist_ok=True)
    arguments.table.write_text(text)
    print(text)
    arguments.figure.parent.mkdir(parents=True, exist_ok=True)
    draw(found, arguments.figure)


def tables(found):
    """Return what SAMCell's tables show, and the best thresholds of the sweep, in Markdown."""
    rows = [
        [name, method, *(measured[measure] for measure in MEASURES)]
        for name, one in found.items()
        for method, measured in one["methods"].items()
    ]
    mean = np.mean([one["sweep"] for one in found.values()], 0)
    sweep = [[name, *best_of(np.array(one["sweep"]))] for name, one in found.items()]
    if len(found) > 1:
        sweep.append(["mean", *best_of(mean)])
    return "\n".join(
        [
            table(["images", "decoder", *MEASURES], rows),
            table(["images", "best peak", "best fill", "OP_CSB there", "at 0.47 and 0.09"], sweep),
            table(
                ["peak \\ fill", *map(str, FILLS)],
                [[str(p), *row] for p, row in zip(PEAKS, mean, strict=True)],
            ),
        ]
    )


def best_of(sweep):
    """Return the best thresholds, OP_CSB there, and at the paper's."""
    peak, fill = np.unravel_index(int(sweep.argmax()), sweep.shape)
    paper = sweep[PEAKS.index(0.47), FILLS.index(0.09)]
    return str(PEAKS[peak]), str(FILLS[fill]), float(sweep[peak, fill]), float(paper)


def draw(found, path):
    """Draw OP_CSB over both thresholds, one panel a folder; the paper's thresholds are marked."""
    import matplotlib

    matplotlib.use("agg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(1, len(found), figsize=(1 + 3.4 * len(found), 3.2), squeeze=False)
    for axis, (name, one) in zip(axes[0], found.items(), strict=True):
        sweep = np.array(one["sweep"])
        shown = axis.imshow(sweep, origin="lower", cmap="viridis", vmax=sweep.max(), vmin=sweep.max() - 0.3)
        axis.plot(FILLS.index(0.09), PEAKS.index(0.47), "wx", markersize=9)
        axis.set(title=name, xlabel="fill threshold", ylabel="peak threshold")
        axis.set(xticks=range(len(FILLS)), xticklabels=FILLS, yticks=range(len(PEAKS)), yticklabels=PEAKS)
        axis.tick_params(axis="x", rotation=60)
        figure.colorbar(shown, ax=axis, label="OP_CSB", shrink=0.8)
    figure.tight_layout()
    figure.savefig(path, dpi=110)


if __name__ == "__main__":
    main()
