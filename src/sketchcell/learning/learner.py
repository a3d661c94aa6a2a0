"""A network, its optimiser and what it learns from: one step at a time."""

from __future__ import annotations

import copy
import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.optim.swa_utils import AveragedModel

from sketchcell.errors import SketchcellError
from sketchcell.families import Target, checked_params, get_family
from sketchcell.inference import EmbeddingStore, Progress
from sketchcell.learning.augment import Augmentation, move, relight, turn
from sketchcell.learning.batch import Batch, together
from sketchcell.learning.beginning import first_config, program, require_sketches, require_start
from sketchcell.learning.embedded_patches import draw_embedded_patches
from sketchcell.learning.examples import Examples
from sketchcell.learning.held_out import HeldOut, Reserve, usual_reserve
from sketchcell.learning.patches import draw_patches
from sketchcell.learning.schedule import careful, learning_rate, moving_average
from sketchcell.learning.settings import RANDOM, FitSettings
from sketchcell.learning.sheets import Leave, Message, Sheet
from sketchcell.learning.targets import TargetCache
from sketchcell.learning.team import ALONE, Team, average_step, share_weights
from sketchcell.learning.thresholds import fit_thresholds
from sketchcell.model import Model, ModelConfig
from sketchcell.networks import Network, build_network, keeps_embeddings, mixed_precision, pick_device, place
from sketchcell.networks.scale import WORKING_DIAMETER, bounded_scale, working_scale
from sketchcell.sketch import Sketch, Stroke, Window, object_diameter, require_trainable

_CHECK_EVERY = 100  # steps
_CHECKED_BATCHES = 2  # of held-out places
_LOSS = "sum of all terms"
_RESCALE = 1.5  # a new estimate of the objects' size must differ this much to start over at another scale


class Learner:
    """Learns from images and sketches; new strokes count from the next step.

    Parameters
    ----------
    images, sketches
        One sketch an image, of its shape. Images must agree in channels.
    settings
        How to learn.
    init
        A model to start from; its family, network and normalisation are taken.
    wholes
        As in `sketchcell.learning.live`.
    reserve
        What is held out from learning; None: what the settings say.
    team
        Of processes that learn together, each with a learner made of the same arguments; they have the same
        weights after each step. `step` and `best` are called by all of them alike.

    Raises
    ------
    SketchcellError
        When images and sketches do not fit each other, a name is unknown, or there is too little painted to
        learn from.
    """

    def __init__(
        self,
        images: Sequence[NDArray[np.generic]],
        sketches: Sequence[Sketch],
        settings: FitSettings,
        init: Model | None = None,
        *,
        wholes: Sequence[NDArray[np.float32] | None] | None = None,
        reserve: Reserve | None = None,
        team: Team = ALONE,
    ) -> None:
        require_sketches(images, sketches)
        require_start(init, settings)
        self.settings = settings
        self.team = team
        self._reserve = reserve or usual_reserve(settings)
        self.family = get_family(settings.family)
        start_params = self.family.Params() if init is None else init.config.params
        self.params = start_params
        if settings.params is not None:
            self.params = checked_params(self.family.Params, settings.params)
        self.device = pick_device(settings.device)
        require_trainable(sketches)
        base = first_config(settings, init, self.family, self.params)
        self.examples = Examples(base.normalization)
        for image, sketch, whole in zip(images, sketches, wholes or [None] * len(images), strict=True):
            self.examples.add(Sheet(image, sketch, whole))
        self.config = replace(base, image_channels=self.examples.channels)
        if init is not None and init.config.image_channels != self.config.image_channels:
            raise SketchcellError(
                f"The start model expects {init.config.image_channels} channel(s), the images have "
                f"{self.config.image_channels}; start from random weights instead."
            )
        self._targets = TargetCache(self.family, self.params)
        self.held_out: HeldOut | None = None
        self.changes = 0  # of what is painted
        self._fitted = self.params
        self._agreement: float | None = None
        # what began with random weights is not yet worth to be spared
        self._knows_cells = init is not None and init.config.provenance.get("start") != RANDOM
        self._known = WORKING_DIAMETER  # of objects, in pixels of the network
        if init is not None and init.config.diameter is not None:
            self._known = init.config.diameter * init.config.scale
        self._follow_size(first=init is None)

        self._random = np.random.default_rng(team.seed(settings.seed))
        self._chances = torch.Generator().manual_seed(team.seed(settings.seed))
        self.network = self._start_network(init)
        if team.size > 1:
            share_weights(team, self.network)
        self._patch = self.network.window or settings.patch
        if keeps_embeddings(self.network):
            step = self.network.part_stride
            self._patch = max(min(settings.patch, self._patch) // step, 1) * step
        elif self._patch % self.network.stride:
            raise SketchcellError(
                f"A patch of {self._patch} pixels does not fit the network '{self.config.network}'; "
                f"give a multiple of {self.network.stride}."
            )
        self.examples.embed_with(self.network, EmbeddingStore())
        self._average = AveragedModel(self.network, multi_avg_fn=moving_average, use_buffers=True)
        self._learned = [parameter for parameter in self.network.parameters() if parameter.requires_grad]
        self._optimizer = torch.optim.AdamW(
            self._learned,
            lr=self.learning_rate,
            weight_decay=settings.weight_decay,
            foreach=True,
        )
        self._mixed = mixed_precision(self.device)
        self.steps = 0
        self._start = time.monotonic()
        self._team_elapsed = 0.0
        self._best: tuple[float, dict[str, Tensor]] | None = None
        self._checks_in_vain = 0
        self._mark = math.inf  # the loss from which improvement counts
        self._to_check: Batch | None = None
        self._hold_out()

    @property
    def elapsed(self) -> float:
        """Seconds since learning began, without those in which images were embedded."""
        # the clocks of a team differ: what decides is their mean at its last step
        return self._team_elapsed if self.team.size > 1 else time.monotonic() - self._start

    @property
    def learning_rate(self) -> float:
        """The highest: as asked for, or else what suits the network and what it knows already."""
        if self.settings.learning_rate is not None:
            return self.settings.learning_rate
        if not self._knows_cells:
            return self.network.learning_rate
        return self.network.tuning_rate * careful(self.examples.pixels)

    @property
    def share(self) -> float:
        """How much of the steps or seconds is used, 0…1; 1 when patience has run out, 0 without a limit."""
        if self.settings.patience is not None and self._checks_in_vain >= self.settings.patience:
            return 1.0
        return self._time_share

    @property
    def _time_share(self) -> float:
        used = [0.0]
        if self.settings.steps is not None:
            used.append(self.steps / max(self.settings.steps, 1))
        if self.settings.seconds is not None:
            used.append(self.elapsed / max(self.settings.seconds, 1e-9))
        return min(max(used), 1.0)

    def paint(self, strokes: Sequence[Stroke]) -> None:
        """Learn from new strokes from the next step on."""
        self.take(strokes)

    def take(self, messages: Sequence[Message]) -> None:
        """Take strokes, and sheets that join or leave; all count from the next step on."""
        before = self.changes
        for message in messages:
            if isinstance(message, Sheet):
                self.changes += self.examples.add(message).is_painted
            elif isinstance(message, Leave):
                self.changes += self.examples.leave(message.number).is_painted
                self._targets.forget_all(message.number)
            else:
                example = self.examples[message.image]
                self._targets.forget(message.image, example.sketch, example.paint(message))
                self.changes += 1
        if self.changes > before and self.examples.painted:
            self._best = self._to_check = None  # measured on another sketch
            self._checks_in_vain = 0
            self._follow_size()
            self._hold_out()

    def embed_next(self, number: int | None = None, window: Window | None = None) -> Progress | None:
        """Embed one more tile, if the network has a frozen encoder and a tile is needed.

        Learning draws from the tiles that are there; until the rest is, it is as if nothing were painted on
        them. Needed are the tiles with paint, and those that somebody looks at, which come first.

        Parameters
        ----------
        number
            Of the image that somebody looks at, if any.
        window
            What of it, in pixels of the working scale.

        Returns
        -------
        Progress
            How many tiles of those that are needed now are embedded; None if all were.
        """
        began = time.monotonic()
        progress = self.examples.embed_next(number, window)
        if progress is not None:
            self._start += time.monotonic() - began
            self._best = self._to_check = None  # measured on fewer tiles
        return progress

    def step(self) -> tuple[float, Mapping[str, float]]:
        """Take one optimiser step; return its loss and the loss's terms."""
        if self.held_out is not None and self._time_share >= self._reserve.until:
            if self.team.is_first:
                self._fitted, self._agreement = self._thresholds(self.model())
            self.held_out = None
            self._best = self._to_check = None
        if keeps_embeddings(self.network) and not self.examples.embedded:
            self.embed_next()
        self.network.train()
        batch = self._moved(self._draw(self._random))
        images = relight(batch.images, self._chances, self._augmentation)
        for group in self._optimizer.param_groups:
            group["lr"] = self.learning_rate * learning_rate(self.settings, self.steps, self._time_share)
        loss, terms = self._loss(self.network, replace(batch, images=images))
        self._optimizer.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        if self.team.size > 1:
            elapsed = time.monotonic() - self._start
            terms, self._team_elapsed = average_step(self.team, self.network, {_LOSS: loss, **terms}, elapsed)
            loss = terms.pop(_LOSS)
        torch.nn.utils.clip_grad_norm_(self._learned, 5.0)
        self._optimizer.step()
        self._average.update_parameters(self.network)
        self.steps += 1
        if self.steps % _CHECK_EVERY == 0:
            self._keep_best()
        return float(loss.detach()), {name: float(term.detach()) for name, term in terms.items()}

    def model(self) -> Model:
        """Return the moving average as it is now, with weights of its own."""
        return Model(self._described(), self._averaged).copy()

    def best(self) -> Model:
        """Return the moving average with the lowest loss on the present sketch, its thresholds fitted."""
        if self.steps % _CHECK_EVERY and self.examples.painted:
            self._keep_best()
        model = self.model()
        if self._best is not None:
            model.network.load_state_dict(self._best[1], strict=False)
        self._fitted, self._agreement = self.team.from_first(lambda: self._thresholds(model))
        provenance = model.config.provenance | {"held_out_agreement": self._agreement}
        return Model(replace(model.config, params=self._fitted, provenance=provenance), model.network)

    @property
    def _averaged(self) -> Network:
        return cast(Network, self._average.module)

    @property
    def _augmentation(self) -> Augmentation:
        how = self.settings.augmentation
        return how if self.family.scale_free else replace(how, zoom=0.0)

    def _thresholds(self, model: Model) -> tuple[Any, float | None]:
        """Return the parameters that suit the strokes best, and the agreement with held-out ones."""
        if self.held_out is not None:
            return fit_thresholds(model, self.examples, self.held_out)
        if self._agreement is None and self.settings.hold_out:
            # too few strokes to hold any out: by those that it learned from
            return fit_thresholds(model, self.examples, HeldOut(1.0, 0))[0], None
        return self._fitted, self._agreement

    def _draw(self, random: np.random.Generator, *, judge: bool = False) -> Batch:
        draw = draw_embedded_patches if keeps_embeddings(self.network) else draw_patches
        drawn = draw(
            self.examples,
            self._targets,
            side=self._patch,
            batch=self.settings.batch,
            random=random,
            held_out=self.held_out,
            judge=judge and self.held_out is not None,
        )
        return Batch(*drawn)

    def _moved(self, batch: Batch) -> Batch:
        if batch.embeddings is None:
            return Batch(*move(batch.images, batch.target, self._chances, self._augmentation))
        # the embedding of a turned image is not exactly the turned embedding, but near enough to learn from
        return Batch(*turn(batch.images, batch.target, self._chances, batch.embeddings))

    def _hold_out(self) -> None:
        """Hold places out once enough is painted; what was learned before is not unlearned."""
        before = self.held_out
        if before is not None and not self._reserve.holds(before, self.examples.painted):
            self.held_out = None
        if self.held_out is None and self._time_share < self._reserve.until:
            self.held_out = self._reserve.begin(self.examples.painted, self.settings.seed)
        if self.held_out is not before:
            self._best = self._to_check = None

    def _loss(self, network: Network, batch: Batch) -> tuple[Tensor, Mapping[str, Tensor]]:
        images = batch.images.to(self.device).contiguous(memory_format=torch.channels_last)
        with torch.autocast(self.device.type, torch.bfloat16, enabled=self._mixed):
            if batch.embeddings is not None and keeps_embeddings(network):
                outputs = network.from_embedding(images, batch.embeddings.to(self.device))
            else:
                outputs = network(images)
        target = Target(batch.target.names, batch.target.data.to(self.device))
        return self.family.loss(outputs.float(), target, self.params, dict(network.learned.items()))

    def judged_loss(self, network: Network) -> float:
        """Return a network's loss on patches of what is held out, or else of what is learned from.

        The patches are the same until something is painted.
        """
        if self._to_check is None:
            self._to_check = together(
                [
                    self._draw(np.random.default_rng((self.settings.seed, number)), judge=True)
                    for number in range(_CHECKED_BATCHES if self.held_out else 1)
                ]
            )
        network.eval()
        with torch.no_grad():
            return float(self._loss(network, self._to_check)[0])

    def _keep_best(self) -> None:
        """Keep the moving average if its loss is the lowest so far."""
        averaged = self._averaged
        loss = self.team.from_first(lambda: self.judged_loss(averaged))
        if not math.isfinite(loss):
            loss = math.inf
        # small improvements count once they add up: the mark stays until then
        if self._best is None or loss < self._mark - self.settings.minimum_improvement:
            self._checks_in_vain, self._mark = 0, loss
        else:
            self._checks_in_vain += 1
        if self._best is None or loss <= self._best[0]:
            frozen = {name for name, weight in averaged.named_parameters() if not weight.requires_grad}
            state = averaged.state_dict()
            self._best = (loss, {name: state[name].clone() for name in state.keys() - frozen})

    def _start_network(self, init: Model | None) -> Network:
        if init is not None and init.config.network_options == self.config.network_options:
            return copy.deepcopy(init.network).to(self.device)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(self.settings.seed)
            network = build_network(
                self.config.network,
                self.config.image_channels,
                len(self.family.channels(self.params)),
                self.family.learned,
                self.config.network_options,
            )
        if init is not None:
            try:
                network.adopt(init.network.state_dict())
            except RuntimeError as error:
                raise SketchcellError(
                    f"The start model's weights do not fit the network '{self.config.network}' with these "
                    "options; leave out those that change its size."
                ) from error
        return place(network, self.device)

    def _follow_size(self, *, first: bool = False) -> None:
        """Bring all examples to the scale that the painted objects ask for."""
        diameter = object_diameter(*(example.painted for example in self.examples.painted))
        wanted = self.config.scale
        if self.settings.rescale and (first or diameter.value is not None):
            wanted = working_scale(diameter, self._known)
        elif self.settings.rescale:
            # a stroke is only a bound: it cannot say that objects are smaller than was thought
            wanted = bounded_scale(self.config.scale, diameter.lower_bound, self._known)
        ratio = wanted / self.config.scale
        if first or diameter.value is not None:
            self.config = replace(self.config, diameter=diameter.value)
        if first or not 1 / _RESCALE < ratio < _RESCALE:
            self.config = replace(self.config, scale=wanted)
        for example in self.examples.rescale(self.config.scale):
            self._targets.forget_all(example.number)

    def _described(self) -> ModelConfig:
        provenance = {
            "program": program(),
            "torch": torch.__version__,
            "date": datetime.now(UTC).isoformat(timespec="seconds"),
            "steps": self.steps,
            "seconds": round(self.elapsed, 1),
            "seed": self.settings.seed,
            "images": len(self.examples),
        }
        if self.team.size > 1:
            provenance["processes"] = self.team.size
        # where it began stays known, with its name and licence; how well an earlier one did is over
        began = {name: fact for name, fact in self.config.provenance.items() if name != "held_out_agreement"}
        provenance = {"start": RANDOM} | began | provenance
        return replace(self.config, params=self.params, provenance=provenance)
