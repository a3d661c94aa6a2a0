"""One image and its sketch, at the size the network works on."""

from __future__ import annotations

from collections.abc import Callable, Generator

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from sketchcell.errors import SketchcellError
from sketchcell.images import Normalization, as_channels
from sketchcell.inference import EmbeddedImage, EmbeddingStore, Progress, predict_tiles, resize_channels
from sketchcell.learning.painted import KINDS, PaintedTiles
from sketchcell.networks import Network, keeps_embeddings
from sketchcell.sketch import Sketch, Stroke, Window


class Example:
    """An image and a sketch that follow each other to any working scale.

    An image of C channels with nothing painted on it takes 4 C bytes a pixel; with a stroke on it, 14 more;
    at a working scale s other than 1, 9 + s² (4 C + 14) more instead.

    Parameters
    ----------
    image
        As `sketchcell.images.as_channels` accepts it.
    sketch
        Of the image's height and width; copied, later strokes come through `paint`. None: nothing is painted.
    normalization
        Applied to the whole image.
    whole
        float32 (C, h, w): what the intensities are scaled by instead, such as a sample of the stack that the
        image is a plane of.
    number
        By which it is known.

    Raises
    ------
    SketchcellError
        When image and sketch differ in shape, or image and `whole` in channels.
    """

    def __init__(
        self,
        image: NDArray[np.generic],
        sketch: Sketch | None,
        normalization: Normalization,
        *,
        whole: NDArray[np.float32] | None = None,
        number: int = 0,
    ) -> None:
        channels = as_channels(image, constant=whole is not None)  # a plane may be empty, its stack is not
        if sketch is not None and sketch.shape != channels.shape[1:]:
            raise SketchcellError(
                f"The sketch has the shape {sketch.shape} but its image {channels.shape[1:]}; "
                "give each image the sketch that was painted on it."
            )
        if whole is not None and (whole.ndim != 3 or whole.shape[0] != channels.shape[0]):
            raise SketchcellError(
                f"The sample of the whole has the shape {whole.shape}, but its image has "
                f"{channels.shape[0]} channel(s); give it as (channels, rows, columns)."
            )
        self.number = number
        self.normalized = normalization.apply(channels, whole)  # (C, H, W), in pixels of the image
        self._painted: Sketch | None = None
        if sketch is not None and (sketch.labels.any() or sketch.boundaries.any()):
            self._painted = Sketch(sketch.labels, sketch.boundaries)
        self._image: Tensor | None = None
        self._sketch: Sketch | None = None
        self._tiles: PaintedTiles | None = None
        self._embed: Callable[[], EmbeddedImage] | None = None
        self.scale = 0.0
        self.rescale(1.0)

    @property
    def is_painted(self) -> bool:
        """Whether anything was ever painted on it."""
        return self._painted is not None

    @property
    def painted(self) -> Sketch:
        """The sketch in pixels of the image."""
        if self._painted is None:
            self._painted = Sketch(np.zeros(self.normalized.shape[1:], np.int32))
        return self._painted

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns at the working scale."""
        height, width = self.normalized.shape[1:]
        return max(1, round(height * self.scale)), max(1, round(width * self.scale))

    @property
    def image(self) -> Tensor:
        """The image at the working scale, float32, shape (C, h, w)."""
        if self._image is None:
            self._image = torch.from_numpy(resize_channels(self.normalized, self.shape))
        return self._image

    @property
    def sketch(self) -> Sketch:
        """The sketch at the working scale."""
        if self._sketch is None:
            self._sketch = self.painted.resized(self.shape) if self._resized else self.painted
        return self._sketch

    @property
    def tiles(self) -> PaintedTiles:
        """Where something is painted, at the working scale."""
        if self._tiles is None:
            self._tiles = PaintedTiles(self.sketch)
        return self._tiles

    @property
    def can_teach(self) -> bool:
        """Whether there is paint now."""
        return self.is_painted and any(self.tiles.total(kind) for kind in KINDS)

    @property
    def _resized(self) -> bool:
        return self.shape != self.normalized.shape[1:]

    def rescale(self, scale: float) -> bool:
        """Bring image and sketch to a working scale; return whether that is another one."""
        if scale == self.scale:
            return False
        self.scale = scale
        self._image = self._sketch = self._tiles = None
        self.embedded = self._embed() if self._embed else None
        return True

    def embed_with(self, network: Network, store: EmbeddingStore) -> None:
        """Let a network's frozen encoder embed the image, at this scale and later ones; others do nothing."""
        if keeps_embeddings(network):
            fingerprint = network.fingerprint()
            self._embed = lambda: EmbeddedImage(self.image, network, store, fingerprint)
            self.embedded = self._embed()

    def at_working_scale(self, window: Window) -> Window:
        """Return a window of the image in pixels of the working scale; never an empty one."""
        spans = []
        for span, size, length in zip(window, self.shape, self.normalized.shape[1:], strict=True):
            start = min(round(span.start * size / length), size - 1)
            spans.append(slice(start, max(round(span.stop * size / length), start + 1)))
        return spans[0], spans[1]

    def predicting(
        self,
        network: Network,
        activate: Callable[[Tensor], Tensor],
        window: Window,
        *,
        only_embedded: bool = False,
    ) -> Generator[Progress, None, NDArray[np.float32]]:
        """Predict a window at working scale, from embeddings where there are any.

        Parameters
        ----------
        network
            The one that the image was embedded with, or one whose encoder is the same.
        activate
            Of the family.
        window
            In pixels of the working scale.
        only_embedded
            Whether tiles without an embedding are left out rather than embedded.

        Yields
        ------
        Progress
            After each tile.

        Returns
        -------
        NDArray[np.float32]
            Maps, shape (outputs, h, w).
        """
        if self.embedded is not None and keeps_embeddings(network):
            predicting = self.embedded.predicting(network, activate, window, only_there=only_embedded)
        else:
            predicting = predict_tiles(network, self.image[:, window[0], window[1]].numpy(), activate)
        return (yield from predicting)

    def paint(self, stroke: Stroke) -> Window:
        """Apply a stroke, given in pixels of the image; return where the sketch at working scale changed."""
        tiles = self.tiles
        changed = self.painted.paint(stroke.window, stroke.labels, stroke.boundaries)
        if self._resized:
            changed = self.sketch.paint(*self.painted.resized_window(stroke.window, self.sketch.shape))
        tiles.update(changed)
        return changed
