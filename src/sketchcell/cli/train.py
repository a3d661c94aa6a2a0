"""``sketchcell train``: images and sketches → a model folder."""

from __future__ import annotations

import argparse
import sys
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from sketchcell.cli.inputs import read_training_set
from sketchcell.cli.outputs import claim_model, folder_for_results, require_space
from sketchcell.cli.params import add_param_options, chosen_params
from sketchcell.cli.parser import positive_float, positive_int, seed
from sketchcell.cli.progress import learn, shown, stop_on_interrupt
from sketchcell.errors import SketchcellError
from sketchcell.families import FAMILIES, get_family
from sketchcell.images import as_channels
from sketchcell.learning import FitSettings
from sketchcell.learning.devices import device_team
from sketchcell.learning.learner import Learner
from sketchcell.learning.presets import PRESETS, get_preset
from sketchcell.learning.processes import started_by_us
from sketchcell.learning.settings import RANDOM
from sketchcell.learning.start import starting
from sketchcell.learning.team import ALONE, Team
from sketchcell.networks import NETWORKS, pick_device
from sketchcell.pretrained import PRIOR, resolving
from sketchcell.pretrained.adapting import with_channels

if TYPE_CHECKING:
    from sketchcell.model import Model

SECONDS = 60.0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument(
        "images", metavar="IMAGE", nargs="+", type=Path, help="TIFF, PNG or JPEG, one plane each"
    )
    parser.add_argument(
        "--sketch",
        metavar="LABELS",
        nargs="+",
        type=Path,
        required=True,
        help="one integer image an image: 0 unlabelled, 1 background, 2 and more objects",
    )
    parser.add_argument(
        "--boundaries",
        metavar="MASK",
        nargs="+",
        type=Path,
        default=[],
        help="one mask an image: lines between touching objects painted with one id",
    )
    parser.add_argument("--out", metavar="MODEL", type=Path, required=True, help="folder for the model")
    parser.add_argument("--family", metavar="NAME", help=f"one of: {', '.join(FAMILIES)} (default: flow)")
    parser.add_argument("--network", metavar="NAME", help=f"one of: {', '.join(NETWORKS)} (default: compact)")
    parser.add_argument(
        "--init",
        metavar="MODEL",
        help=f"what to start from: {PRIOR} (default: the network that comes with sketchcell), {RANDOM} "
        "(default with --preset), a name from 'sketchcell models', a file of weights, or a model's folder",
    )
    parser.add_argument(
        "--preset",
        metavar="NAME",
        help=f"a paper's way to learn, which other options may change; one of: {', '.join(PRESETS)}",
    )
    parser.add_argument(
        "--batch", metavar="N", type=positive_int, help="patches a step, for each device (default: 8)"
    )
    parser.add_argument(
        "--devices",
        metavar="N",
        type=positive_int,
        default=1,
        help="learn on so many GPUs of this computer, or processes on its processor (default: 1)",
    )
    parser.add_argument(
        "--nodes", metavar="N", type=positive_int, default=1, help="on so many computers (default: 1)"
    )
    add_limit_arguments(parser, SECONDS)
    add_param_options(parser, "train")


def add_limit_arguments(parser: argparse.ArgumentParser, seconds: float) -> None:
    """Declare how long, where and from which seed to learn."""
    limit = parser.add_mutually_exclusive_group()
    limit.add_argument(
        "--seconds", metavar="S", type=positive_float, help=f"how long to learn (default: {seconds:g})"
    )
    limit.add_argument("--steps", metavar="N", type=positive_int, help="how many steps to learn instead")
    parser.add_argument("--device", metavar="NAME", default="auto", help="auto (default), cpu, cuda or mps")
    parser.add_argument(
        "--seed", metavar="N", type=seed, default=0, help="of the random numbers (default: 0)"
    )


def run(arguments: argparse.Namespace) -> int:
    """Train and save."""
    word = arguments.init or (RANDOM if arguments.preset else PRIOR)
    named = None if word in (PRIOR, RANDOM) else shown(resolving(word), f"fetching {word}")
    settings = _settings(arguments, named.model if named else None)
    pick_device(settings.device)
    claim_model(arguments.out)
    images, sketches = read_training_set(arguments.images, arguments.sketch, arguments.boundaries)
    start = named or shown(starting(word, images, settings), "looking at the images")
    for note in start.notes if start and not started_by_us() else ():
        print(f"sketchcell: {note}", file=sys.stderr)
    if arguments.init == PRIOR and start is None and not started_by_us():
        print(
            f"sketchcell: The prior does not know the maps of '{settings.family}' on '{settings.network}' "
            "with these parameters; learning starts from random weights.",
            file=sys.stderr,
        )
    model = start.model if start else None
    if named and not Path(word).is_dir():
        model = with_channels(named.model, as_channels(images[0]).shape[0])
    with _team(arguments) as team:
        learner = Learner(images, sketches, settings, model, team=team)
        _, code = learn_and_save(learner, arguments.out)
    return code


def _team(arguments: argparse.Namespace) -> AbstractContextManager[Team]:
    if arguments.devices * arguments.nodes == 1:
        return nullcontext(ALONE)
    return device_team(arguments.words, arguments.devices, arguments.nodes, arguments.device)


def learn_and_save(learner: Learner, out: Path) -> tuple[Model | None, int]:
    """Learn to the limit or to Ctrl-C, then save; of a team, only the first saves and tells.

    Returns
    -------
    The model, None if learning was stopped before its first step; and the exit code.
    """
    require_space(out, sum(4 * weight.numel() for weight in learner.network.parameters()) + 1_000_000)
    with stop_on_interrupt() as stop:
        step = learn(learner, stop)
        if not learner.team.is_first:
            return (learner.best() if step else None), 0
        if step is None:
            print("sketchcell: Stopped before the first step; nothing was saved.", file=sys.stderr)
            return None, 130
        model = learner.best()
        with folder_for_results(out.parent):
            model.save(out)
    done = f"{step.number} steps in {step.elapsed:.0f} s, loss {step.loss:.3f}"
    if stop:
        print(f"sketchcell: Stopped after {done}; what was learned is saved in {out}.", file=sys.stderr)
        return model, 130
    print(f"Learned {done}; the model is saved in {out}.")
    return model, 0


def _settings(arguments: argparse.Namespace, start: Model | None) -> FitSettings:
    base = get_preset(arguments.preset).settings if arguments.preset else FitSettings()
    family = arguments.family or (start.config.family if start and not arguments.preset else base.family)
    network = arguments.network or (start.config.network if start else base.network)
    if arguments.preset and family != base.family:
        raise SketchcellError(
            f"The preset '{arguments.preset}' is of the family '{base.family}'; leave out --family."
        )
    if network not in NETWORKS:
        raise SketchcellError(f"There is no network '{network}'; choose from {', '.join(NETWORKS)}.")
    if start and (family, network) != (start.config.family, start.config.network):
        raise SketchcellError(
            f"The model {arguments.init} has the family '{start.config.family}' and the network "
            f"'{start.config.network}'; leave out --family, --network and --preset to continue with it."
        )
    params = chosen_params(
        arguments, get_family(family), "train", base.params or (start.config.params if start else None)
    )
    return replace(
        base,
        family=family,
        network=network,
        params=params,
        steps=arguments.steps,
        seconds=None if arguments.steps else arguments.seconds or SECONDS,
        device=arguments.device,
        batch=arguments.batch or base.batch,
        seed=arguments.seed,
    )
