"""A network, its optimiser and what it learns from: one step at a time."""

from __future__ import annotations

import copy
import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from typing import cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.optim.swa_utils import AveragedModel

from sketchcell.errors import SketchcellError
from sketchcell.families import Target, get_family
from sketchcell.learning.augment import move, relight
from sketchcell.learning.example import Example
from sketchcell.learning.patches import draw_patches
from sketchcell.learning.scale import working_scale
from sketchcell.learning.settings import FitSettings
from sketchcell.model import Model, ModelConfig
from sketchcell.networks import Network, build_network, mixed_precision, pick_device, place
from sketchcell.sketch import Sketch, Stroke, object_diameter, require_trainable

_WARM_UP = 20  # steps
_LAST_RATE = 0.02  # of the learning rate, where the end is known
_AVERAGE = 0.98  # of the moving average of weights: about 50 steps
_CHECK_EVERY = 100  # steps
_MEASURE_SHARE = 20  # times as long as measuring the objects took, until they are measured again
_RESCALE = 1.5  # a new estimate of the objects' size must differ this much to start over at another scale

_Tensors = tuple[Tensor, ...] | list[Tensor]


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
    ) -> None:
        if len(images) != len(sketches) or not images:
            raise SketchcellError(
                f"There are {len(images)} images and {len(sketches)} sketches; give a sketch for each image."
            )
        if init is not None and init.config.family != settings.family:
            raise SketchcellError(
                f"The start model is of the family '{init.config.family}', not '{settings.family}'; use that."
            )
        self.settings = settings
        self.family = get_family(settings.family)
        start_params = self.family.Params() if init is None else init.config.params
        self.params = start_params if settings.params is None else settings.params
        self.device = pick_device(settings.device)
        require_trainable(sketches)
        base = _first_config(settings, init, self.params)
        self.examples = [
            Example(image, sketch, base.normalization) for image, sketch in zip(images, sketches, strict=True)
        ]
        counts = {int(example.image.shape[0]) for example in self.examples}
        if len(counts) > 1:
            raise SketchcellError(
                f"The images have different numbers of channels ({sorted(counts)}); train on one kind."
            )
        self.config = replace(base, image_channels=counts.pop())
        if init is not None and init.config.image_channels != self.config.image_channels:
            raise SketchcellError(
                f"The start model expects {init.config.image_channels} channel(s), the images have "
                f"{self.config.image_channels}; start from random weights instead."
            )
        self._measure_again = 0.0
        self._follow_size(first=init is None)

        self._random = np.random.default_rng(settings.seed)
        self._chances = torch.Generator().manual_seed(settings.seed)
        self.network = self._start_network(init)
        self._average = AveragedModel(self.network, multi_avg_fn=_moving_average, use_buffers=True)
        self._optimizer = torch.optim.AdamW(
            self.network.parameters(),
            lr=settings.learning_rate,
            weight_decay=settings.weight_decay,
            foreach=True,
        )
        self._mixed = mixed_precision(self.device)
        self.steps = 0
        self._start = time.monotonic()
        self._best: tuple[float, dict[str, Tensor]] | None = None

    @property
    def elapsed(self) -> float:
        """Seconds since learning began."""
        return time.monotonic() - self._start

    @property
    def share(self) -> float:
        """How much of the steps or seconds is used, 0…1; 0 where there is no limit."""
        used = [0.0]
        if self.settings.steps is not None:
            used.append(self.steps / max(self.settings.steps, 1))
        if self.settings.seconds is not None:
            used.append(self.elapsed / max(self.settings.seconds, 1e-9))
        return min(max(used), 1.0)

    def paint(self, strokes: Sequence[Stroke]) -> None:
        """Learn from new strokes from the next step on."""
        for stroke in strokes:
            if not 0 <= stroke.image < len(self.examples):
                raise SketchcellError(
                    f"There is no image {stroke.image} to paint on; there are {len(self.examples)}."
                )
            self.examples[stroke.image].paint(stroke)
        if strokes:
            self._best = None  # measured on another sketch
            self._unmeasured = True
            self._follow_size()

    def step(self) -> tuple[float, Mapping[str, float]]:
        """Take one optimiser step; return its loss and the loss's terms."""
        if self._unmeasured:
            self._follow_size()
        self.network.train()
        images, target = self._draw(self._random)
        images, target = move(images, target, self._chances)
        for group in self._optimizer.param_groups:
            group["lr"] = self.settings.learning_rate * self._rate()
        loss, terms = self._loss(self.network, relight(images, self._chances), target)
        self._optimizer.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(self.network.parameters(), 5.0)
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
        """Return the moving average with the lowest loss on the present sketch."""
        if self.steps % _CHECK_EVERY:
            self._keep_best()
        model = self.model()
        if self._best is not None:
            model.network.load_state_dict(self._best[1])
        return model

    @property
    def _averaged(self) -> Network:
        return cast(Network, self._average.module)

    def _draw(self, random: np.random.Generator) -> tuple[Tensor, Target[Tensor]]:
        return draw_patches(
            self.examples,
            self.family,
            self.params,
            side=self.settings.patch,
            batch=self.settings.batch,
            random=random,
        )

    def _loss(
        self, network: Network, images: Tensor, target: Target[Tensor]
    ) -> tuple[Tensor, Mapping[str, Tensor]]:
        images = images.to(self.device).contiguous(memory_format=torch.channels_last)
        with torch.autocast(self.device.type, torch.bfloat16, enabled=self._mixed):
            maps = network(images)
        return self.family.loss(maps.float(), Target(target.names, target.data.to(self.device)), self.params)

    def _keep_best(self) -> None:
        # the same places each time, as long as the sketch is the same
        images, target = self._draw(np.random.default_rng(self.settings.seed))
        averaged = self._averaged
        averaged.eval()
        with torch.no_grad():
            loss = float(self._loss(averaged, images, target)[0])
        if self._best is None or loss <= self._best[0]:
            self._best = (loss, copy.deepcopy(averaged.state_dict()))

    def _start_network(self, init: Model | None) -> Network:
        if init is not None:
            return copy.deepcopy(init.network).to(self.device)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(self.settings.seed)
            network = build_network(
                self.config.network, self.config.image_channels, len(self.family.channels)
            )
        return place(network, self.device)

    def _follow_size(self, *, first: bool = False) -> None:
        """Bring all examples to the scale that the painted objects ask for."""
        began = time.monotonic()
        if not first and began < self._measure_again:
            return
        self._unmeasured = False
        diameter = object_diameter(*(example.painted for example in self.examples))
        wanted = working_scale(diameter)
        if diameter.value is None and not first:
            # a stroke is only a bound: it cannot say that objects are smaller than was thought
            wanted = min(wanted, self.config.scale)
        ratio = wanted / self.config.scale
        if first or diameter.value is not None:
            self.config = replace(self.config, diameter=diameter.value)
        if first or not 1 / _RESCALE < ratio < _RESCALE:
            self.config = replace(self.config, scale=wanted)
        for example in self.examples:
            example.rescale(self.config.scale)
        # on a huge image measuring takes long: seldom enough not to be felt
        self._measure_again = time.monotonic() + _MEASURE_SHARE * (time.monotonic() - began)

    def _described(self) -> ModelConfig:
        try:
            program = version("napari-sketchcell")
        except PackageNotFoundError:
            program = "unknown"
        provenance = {
            "program": f"sketchcell {program}",
            "torch": torch.__version__,
            "date": datetime.now(UTC).isoformat(timespec="seconds"),
            "steps": self.steps,
            "seconds": round(self.elapsed, 1),
            "seed": self.settings.seed,
            "images": len(self.examples),
        }
        return replace(self.config, params=self.params, provenance=provenance)

    def _rate(self) -> float:
        warm = min(1.0, (self.steps + 1) / _WARM_UP)
        if self.settings.steps is None and self.settings.seconds is None:
            return warm
        return warm * (_LAST_RATE + (1 - _LAST_RATE) * (1 + math.cos(math.pi * self.share)) / 2)


def _moving_average(
    averaged: _Tensors,
    current: _Tensors,
    count: Tensor | int,
) -> None:
    """Average over the last steps, and over all of them at the beginning."""
    if not averaged[0].is_floating_point():  # counters of batch normalisation
        torch._foreach_copy_(averaged, current)
        return
    decay = min(_AVERAGE, (1 + int(count)) / (10 + int(count)))
    torch._foreach_lerp_(averaged, current, 1 - decay)


def _first_config(settings: FitSettings, init: Model | None, params: object) -> ModelConfig:
    if init is not None:
        return replace(init.config, params=params)
    return ModelConfig(settings.family, params, settings.network, image_channels=0)
