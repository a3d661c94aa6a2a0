"""How soon cells are right: AP after 1, 3, 10 % painted and 2 to 60 s, from the prior and from nothing.

    python strokes_to_quality.py FOLDER … [--seconds 2 5 10 30 60] [--shares 0.01 0.03 0.1]

A folder holds `NAME_img.*` and `NAME_masks.*`. Each time learns for itself from the start, as the learning
rate follows the time that there is; `0` is the prior alone. AP at IoU 0.5, mean a folder; images are cut to
`--side` pixels.
"""

import argparse
import os

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

from pathlib import Path

import numpy as np
import torch
from accuracy import load_forest, pairs

from sketchcell import evaluate, simulate_sketch, train
from sketchcell.inference import drain
from sketchcell.pretrained import PRIOR, prior_for


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folders", nargs="+", type=Path)
    parser.add_argument("--shares", nargs="+", type=float, default=[0.01, 0.03, 0.1])
    parser.add_argument("--seconds", nargs="+", type=float, default=[2, 5, 10, 30, 60])
    parser.add_argument("--starts", nargs="+", default=["random", PRIOR])
    parser.add_argument("--count", type=int, default=1, help="images of each folder")
    parser.add_argument("--side", type=int, default=512)
    parser.add_argument("--family", default="flow")
    parser.add_argument("--forest", type=Path)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--threads", type=int)
    arguments = parser.parse_args()
    if arguments.threads:
        torch.set_num_threads(arguments.threads)
    forest = load_forest(arguments.forest) if arguments.forest else None
    times = " ".join(f"{seconds:>5g} s" for seconds in (0, *arguments.seconds))
    print(f"{'':<24} painted  start   {times}{'   forest' * bool(forest)}")
    for folder in arguments.folders:
        chosen = [
            (image[: arguments.side, : arguments.side], truth[: arguments.side, : arguments.side])
            for _, image, truth in pairs(folder, arguments.count)
        ]
        for share in arguments.shares:
            lessons = [
                (image, truth, simulate_sketch(truth, share, seed=arguments.seed)) for image, truth in chosen
            ]
            for start in arguments.starts:
                scores = np.mean([_scores(*lesson, start, arguments) for lesson in lessons], axis=0)
                line = " ".join(f"{score:7.2f}" for score in scores)
                if forest:
                    judged = [evaluate(t, np.asarray(forest(i, s.labels))).ap50 for i, t, s in lessons]
                    line += f" {np.mean(judged):8.2f}"
                print(f"{folder.name[:24]:<24} {share:7.0%}  {start:<6} {line}", flush=True)


def _scores(image, truth, sketch, start, arguments):
    known = start == PRIOR
    before = drain(prior_for([image], arguments.family)).segment(image) if known else np.zeros_like(truth)
    scores = [evaluate(truth, before).ap50]
    for seconds in arguments.seconds:
        model = train(
            [image], [sketch], arguments.family, seconds, init=start, seed=arguments.seed, device="cpu"
        )
        scores.append(evaluate(truth, model.segment(image)).ap50)
    return scores


if __name__ == "__main__":
    main()
