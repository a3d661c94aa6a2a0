"""The one evented state object: panels subscribe to it, and none of them holds the truth."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import Any, ClassVar

import numpy as np
from napari.layers import Image
from numpy.typing import NDArray
from psygnal import SignalGroupDescriptor

from sketchcell.families import get_family
from sketchcell.learning import FitSettings, Moment, Step
from sketchcell.model import Model
from sketchcell.pretrained import PRIOR
from sketchcell.project import Project
from sketchcell.sketch import Window
from sketchcell.ui.layers import SketchLayers
from sketchcell.ui.losses import Losses
from sketchcell.ui.spot import Spot


class Phase(Enum):
    """What learning is doing."""

    OFF = "off"
    WAITING = "waiting for strokes"
    STARTING = "getting ready"
    LEARNING = "learning"
    PAUSED = "paused"


class Tool(Enum):
    """What the mouse paints or corrects."""

    BACKGROUND = "background"
    OBJECT = "object"
    ERASER = "eraser"
    NEXT_OBJECT = "next object"
    BOUNDARY = "boundary"
    SPLIT = "split"
    MERGE = "merge"
    REDRAW = "redraw"
    REGION = "region"


GESTURES = (Tool.SPLIT, Tool.MERGE, Tool.REDRAW, Tool.REGION)
"""Tools that draw a line which is not paint."""


@dataclass(frozen=True)
class Found:
    """How many cells there are, and where that was counted."""

    count: int
    whole: bool


@dataclass(frozen=True)
class Place:
    """A doubtful place in the plane in view: middle and radius in pixels, how doubtful (0…1), and why."""

    row: float
    column: float
    radius: float
    score: float
    reason: str


@dataclass(frozen=True, eq=False)
class Tint:
    """How the cells of the plane in view are coloured by what was measured of them, by label.

    Attributes
    ----------
    name
        What was measured; empty if cells have the colours of their numbers.
    values
        float32 ``(n + 1,)``, NaN where it is not known.
    low, high
        The values of the first and of the last colour.
    pale
        bool ``(n + 1,)``: cells that step back.
    """

    name: str
    values: NDArray[np.float32]
    low: float
    high: float
    pale: NDArray[np.bool_]


@dataclass(eq=False)
class State:
    """Everything that more than one part of the interface knows.

    Every field announces its changes: ``state.events.learn.connect(…)``. Only the window's thread touches it.

    Attributes
    ----------
    image
        The chosen image layer.
    layers
        Its sketch, once painting has begun.
    project, entry
        Where everything that is painted is kept, and the image's id in it.
    spot
        The plane in view; None if none is, as in 3D.
    region
        What to learn from and to predict in; None: everything.
    tool
        What the mouse paints; None while it does something else.
    learn
        The switch *Learn while I paint*.
    phase, message
        What learning is doing, and a sentence about it.
    start
        What learning begins with: ``prior``, what the shipped network knows, or ``random``.
    family, network, device, params
        How to learn and decode.
    step, losses
        The latest step of learning, and the losses so far.
    moments, improving
        What can be gone back to, in their order; whether the latest are better than those before.
    model
        The newest model, with weights of its own.
    found
        The cells that are shown.
    confidence
        How likely each cell in view is right, by label; None while nobody asks.
    tint
        What the table of cells says of their colours; None: nothing.
    hints, asking
        Where to paint next, the most doubtful place first; whether some are being looked for.
    outlines, raw_maps, by_confidence
        How results are shown.
    link
        What joins the cells of a stack's planes: ``no``, ``z`` or ``time``.
    taught, known
        Whether the targets of the strokes are shown, and where the strokes determine distances.
    fitting
        Whether thresholds are being fitted.
    fetching
        How much of a pretrained network is downloaded, 0…1; None while none is fetched.
    progress
        Of the segmentation of the whole image, 0…1; None while there is none.
    opening, importing, batch, exporting, measuring
        The same for an image that is opened (nobody knows how long that takes: always 0), for labels that are
        imported, for many images that are segmented, for what is exported, and for cells that are measured.
    advice
        What is missing of the sketch in view to learn well from it; empty if nothing is.
    """

    events: ClassVar[SignalGroupDescriptor] = SignalGroupDescriptor()

    image: Image | None = None
    layers: SketchLayers | None = None
    project: Project | None = None
    entry: str = ""
    spot: Spot | None = None
    region: Window | None = None
    tool: Tool | None = None
    learn: bool = False
    phase: Phase = Phase.OFF
    message: str = ""
    start: str = PRIOR
    family: str = FitSettings.family
    network: str = FitSettings.network
    device: str = FitSettings.device
    params: Any = field(default_factory=lambda: get_family(FitSettings.family).Params())
    step: Step | None = None
    losses: Losses = field(default_factory=Losses)
    moments: tuple[Moment, ...] = ()
    improving: bool = True
    model: Model | None = None
    found: Found | None = None
    confidence: NDArray[np.float32] | None = None
    tint: Tint | None = None
    hints: tuple[Place, ...] = ()
    asking: bool = False
    outlines: bool = False
    raw_maps: bool = False
    by_confidence: bool = False
    link: str = "no"
    taught: bool = False
    known: bool = False
    fitting: bool = False
    fetching: float | None = None
    progress: float | None = None
    opening: float | None = None
    importing: float | None = None
    batch: float | None = None
    exporting: float | None = None
    measuring: float | None = None
    advice: str = ""
