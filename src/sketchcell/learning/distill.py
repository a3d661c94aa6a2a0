"""A small network learns what a large one says of some images, so that its result comes at a small cost."""

from __future__ import annotations

import copy
import hashlib
import time
from collections.abc import Generator, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from typing import Any, cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F
from torch.optim.swa_utils import AveragedModel

from sketchcell.errors import SketchcellError
from sketchcell.families import Target
from sketchcell.images import as_channels
from sketchcell.inference import Progress, drain, resize_channels, resize_labels
from sketchcell.learning.augment import move, relight
from sketchcell.learning.example import Example
from sketchcell.learning.fit import Step, StopLearning
from sketchcell.learning.held_out import HeldOut
from sketchcell.learning.patches import cut_image
from sketchcell.learning.schedule import learning_rate, moving_average
from sketchcell.learning.settings import FitSettings
from sketchcell.learning.thresholds import fit_thresholds
from sketchcell.model import Model, ModelConfig, encode_weights
from sketchcell.networks import Network, build_network, mixed_precision, pick_device, place
from sketchcell.networks.scale import WORKING_DIAMETER
from sketchcell.sketch import Sketch

_ON_OBJECTS = 0.75  # of the patches: the rest lies anywhere
_NEEDLESSLY_LARGE = 1.5  # times the working diameter
_JUDGED = 4  # images, by which the thresholds are fitted
_WEIGHT = "imitation_weight"


class Distillation:
    """Teaches a small network a large model's maps of some images (distillation, Hinton et al. 2015).

    First `look`, which computes the large model's maps once; then `step` as long as you like.

    The small network works at the scale of the large one. Only where a family's maps have no unit and the
    cells are larger there than a network needs, it works at a smaller scale, and costs less.

    Parameters
    ----------
    big
        The model to imitate. It is left as it is.
    images
        Of the kind that it learned from; no sketches are needed.
    settings
        How to learn; its family and parameters are not read, those of the large model are taken.

    Raises
    ------
    SketchcellError
        When there are no images, one does not suit the model, or a name is unknown.
    """

    def __init__(self, big: Model, images: Sequence[NDArray[np.generic]], settings: FitSettings) -> None:
        if not isinstance(big, Model):
            raise SketchcellError(
                f"The model to learn from is of the type {type(big).__name__}; load it with "
                "sketchcell.load_model."
            )
        if not len(images):
            raise SketchcellError("There are no images to learn from; give at least one.")
        self.settings, self.family = settings, big.family
        self.device = pick_device(settings.device)
        self._channels = [as_channels(image) for image in images]
        for number, channels in enumerate(self._channels):
            if channels.shape[0] != big.config.image_channels:
                raise SketchcellError(
                    f"Image {number + 1} has {channels.shape[0]} channel(s), but the model learned from "
                    f"images with {big.config.image_channels}; give images of the same kind."
                )
        self._big = Model(big.config, place(copy.deepcopy(big.network), self.device))
        config = big.config
        self.config = ModelConfig(
            config.family,
            config.params,
            settings.network,
            config.image_channels,
            self.family.normalization(config.params),
            scale=config.scale,
            diameter=config.diameter,
            network_options=dict(settings.network_options),
        )
        self.network = self._start_network(big)
        if settings.patch % self.network.stride:
            raise SketchcellError(
                f"A patch of {settings.patch} pixels does not fit the network '{settings.network}'; give a "
                f"multiple of {self.network.stride}."
            )
        self._average = AveragedModel(self.network, multi_avg_fn=moving_average, use_buffers=True)
        rate = settings.learning_rate
        self._rate = self.network.learning_rate if rate is None else rate
        self._learned = [weight for weight in self.network.parameters() if weight.requires_grad]
        self._optimizer = torch.optim.AdamW(
            self._learned, lr=self._rate, weight_decay=settings.weight_decay, foreach=True
        )
        self._random = np.random.default_rng(settings.seed)
        self._chances = torch.Generator().manual_seed(settings.seed)
        self.labels: list[NDArray[np.int32]] = []
        self._images: list[Tensor] = []  # (C, h, w) at the student's scale
        self._maps: list[Tensor] = []  # (N, h, w), half precision
        self._objects: list[NDArray[np.int64]] = []  # places of pixels of objects, (n, 2)
        self.steps = 0
        self._start = time.monotonic()

    @property
    def elapsed(self) -> float:
        """Seconds since the large model has seen all images."""
        return time.monotonic() - self._start

    @property
    def share(self) -> float:
        """How much of the steps or seconds is used, 0…1; 0 without a limit."""
        used = [0.0]
        if self.settings.steps is not None:
            used.append(self.steps / self.settings.steps)
        if self.settings.seconds is not None:
            used.append(self.elapsed / max(self.settings.seconds, 1e-9))
        return min(max(used), 1.0)

    def look(self) -> Generator[Progress, None, None]:
        """Let the large model predict all images, and keep its maps and instances (`labels`).

        Yields
        ------
        Progress
            After each tile, counted in hundredths of images.
        """
        total = 100 * len(self._channels)
        found = []
        for number, channels in enumerate(self._channels):
            normalized = self._big.config.normalization.apply(channels)
            predicting = self._big.predicting_normalized(normalized)
            while True:
                try:
                    part = next(predicting)
                except StopIteration as end:
                    maps = end.value
                    break
                yield Progress(100 * number + 100 * part.done // part.total, total, "asking the large model")
            found.append(maps)
            self.labels.append(self._big.decode(maps))
        self.config = replace(self.config, scale=self._working_scale())
        for channels, maps, labels in zip(self._channels, found, self.labels, strict=True):
            shape = channels.shape[1:]
            size = (
                max(1, round(shape[0] * self.config.scale)),
                max(1, round(shape[1] * self.config.scale)),
            )
            image = resize_channels(self.config.normalization.apply(channels), size)
            self._images.append(torch.from_numpy(image))
            self._maps.append(torch.from_numpy(resize_channels(maps.values, size)).half())
            self._objects.append(np.argwhere(resize_labels(labels, size)))
        self._start = time.monotonic()

    def step(self) -> float:
        """Take one optimiser step; return its loss."""
        images, target = self._draw()
        how = self.settings.augmentation
        how = how if self.family.scale_free else replace(how, zoom=0.0)
        images, target = move(images, target, self._chances, how)
        images = relight(images, self._chances, how)
        images = images.to(self.device).contiguous(memory_format=torch.channels_last)
        for group in self._optimizer.param_groups:
            group["lr"] = self._rate * learning_rate(self.settings, self.steps, self.share)
        self.network.train()
        mixed = mixed_precision(self.device)
        with torch.autocast(self.device.type, torch.bfloat16, enabled=mixed):
            outputs = self.network(images)
        planes = target.data.to(self.device)  # (B, N + 1, S, S)
        loss = self.family.imitate(outputs.float(), planes[:, :-1], planes[:, -1], self.config.params)
        self._optimizer.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(self._learned, 5.0)
        self._optimizer.step()
        self._average.update_parameters(self.network)
        self.steps += 1
        return float(loss.detach())

    def model(self) -> Model:
        """Return the moving average, its thresholds fitted to the cells that the large model finds."""
        config = replace(self.config, provenance=self._provenance())
        model = Model(config, cast(Network, self._average.module)).copy()
        examples = []
        for channels, labels in list(zip(self._channels, self.labels, strict=True))[:_JUDGED]:
            example = Example(channels, Sketch(labels + 1), config.normalization)
            example.rescale(config.scale)
            examples.append(example)
        params, _ = fit_thresholds(model, examples, HeldOut(1.0, 0))
        return Model(replace(config, params=params), model.network)

    def _start_network(self, big: Model) -> Network:
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(self.settings.seed)
            network = build_network(
                self.config.network,
                self.config.image_channels,
                len(self.family.channels(self.config.params)),
                self.family.learned,
                self.config.network_options,
            )
        with torch.no_grad():
            for name, value in big.network.learned.items():
                network.learned[name].copy_(value)
        return place(network, self.device)

    def _working_scale(self) -> float:
        scale = self.config.scale
        areas = [np.bincount(labels.ravel())[1:] for labels in self.labels]
        sizes = np.concatenate([area[area > 0] for area in areas])
        if not self.family.scale_free or not sizes.size:
            return scale
        diameter = float(np.sqrt(4 / np.pi * np.median(sizes)))
        if diameter * scale < _NEEDLESSLY_LARGE * WORKING_DIAMETER:
            return scale
        return WORKING_DIAMETER / diameter

    def _draw(self) -> tuple[Tensor, Target[Tensor]]:
        side = self.settings.patch
        images, planes = [], []
        for _ in range(self.settings.batch):
            number = int(self._random.integers(len(self._images)))
            image, maps, objects = self._images[number], self._maps[number], self._objects[number]
            shape = np.array(image.shape[1:])
            if len(objects) and self._random.random() < _ON_OBJECTS:
                place = objects[self._random.integers(len(objects))]
            else:
                place = self._random.integers(shape)
            corner = place - self._random.integers(side // 8, side - side // 8, 2)
            top, left = (int(c) for c in np.clip(corner, 0, np.maximum(shape - side, 0)))
            images.append(cut_image(image, (top, left), side))
            part = maps[:, top : top + side, left : left + side].float()
            part = torch.cat([part, torch.ones_like(part[:1])])
            planes.append(F.pad(part, (0, side - part.shape[2], 0, side - part.shape[1])))
        names = (*self.family.channels(self.config.params), _WEIGHT)
        return torch.stack(images), Target(names, torch.stack(planes))

    def _provenance(self) -> dict[str, Any]:
        try:
            program = version("napari-sketchcell")
        except PackageNotFoundError:
            program = "unknown"
        big = self._big.config
        return {
            "program": f"sketchcell {program}",
            "torch": torch.__version__,
            "date": datetime.now(UTC).isoformat(timespec="seconds"),
            "steps": self.steps,
            "seconds": round(self.elapsed, 1),
            "seed": self.settings.seed,
            "images": len(self._channels),
            "distilled_from": {
                "network": big.network,
                "weights_sha256": hashlib.sha256(encode_weights(self._big.network)).hexdigest(),
                "provenance": big.provenance,
            },
        }


def distilling(
    big: Model, images: Sequence[NDArray[np.generic]], settings: FitSettings
) -> Generator[Progress | Step, None, Model]:
    """Teach a small network a large model's maps, one step at a time.

    At its limit of steps or seconds, or when `StopLearning` is thrown into it after the first step, it
    returns the small model.

    Parameters
    ----------
    big, images, settings
        As for `Distillation`.

    Yields
    ------
    Progress
        While the large model looks at the images.
    Step
        After each step of learning.

    Returns
    -------
    Model
        The small one.
    """
    distillation = Distillation(big, images, settings)
    yield from distillation.look()
    with suppress(StopLearning):
        while distillation.share < 1:
            loss = distillation.step()
            yield Step(distillation.steps, loss, {"imitation": loss}, distillation.elapsed)
    return distillation.model()


def distill(
    big: Model,
    images: Sequence[NDArray[np.generic]],
    network: str = "compact",
    seconds: float | None = 60,
    **settings: Any,
) -> Model:
    """Return a small model that says what a large one says of such images; blocks until it is done.

    No sketches are needed: what the large model finds is what the small one learns.

    Parameters
    ----------
    big
        The model to imitate.
    images
        Of the kind that it segments well. Those that the small model will be used on are best.
    network
        Name of the small network.
    seconds
        How long to learn, after the large model has seen the images; None with ``steps=N``.
    **settings
        Any other field of `FitSettings` but the family and its parameters, which are the large model's.
    """
    for name in ("family", "params"):
        if name in settings:
            raise SketchcellError(f"The small model has the large one's {name}; leave it out.")
    chosen = FitSettings(family=big.config.family, network=network, seconds=seconds, **settings)
    return drain(distilling(big, images, chosen))
