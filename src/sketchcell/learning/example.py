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
from sketchcell.learning.painted import PaintedTiles
from sketchcell.networks import Network, keeps_embeddings
from sketchcell.sketch import Sketch, Stroke, Window


class Example:
    """An image and a sketch that follow each other to any working scale.

    Parameters
    ----------
    image
        As `sketchcell.images.as_channels` accepts it.
    sketch
        Of the image's height and width; copied, later strokes come through `paint`.
    normalization
        Applied to the whole image.

    Raises
    ------
    SketchcellError
        When image and sketch differ in shape.
    """

    def __init__(self, image: NDArray[np.generic], sketch: Sketch, normalization: Normalization) -> None:
        channels = as_channels(image)
        if sketch.shape != channels.shape[1:]:
            raise SketchcellError(
                f"The sketch has the shape {sketch.shape} but its image {channels.shape[1:]}; "
                "give each image the sketch that was painted on it."
            )
        self.normalized = normalization.apply(channels)  # (C, H, W), in pixels of the image
        self._painted = Sketch(sketch.labels, sketch.boundaries)
        self._embed: Callable[[], EmbeddedImage] | None = None
        self.embedded: EmbeddedImage | None = None
        self.scale = 0.0
        self.rescale(1.0)

    @property
    def painted(self) -> Sketch:
        """The sketch in pixels of the image."""
        return self._painted

    def rescale(self, scale: float) -> bool:
        """Bring image and sketch to a working scale; return whether that is another one."""
        if scale == self.scale:
            return False
        self.scale = scale
        shape = self.normalized.shape[1:]
        size = (max(1, round(shape[0] * scale)), max(1, round(shape[1] * scale)))
        self._resized = size != shape
        self.sketch = self._painted.resized(size) if self._resized else self._painted
        self.image = torch.from_numpy(resize_channels(self.normalized, size))  # (C, H, W)
        self.tiles = PaintedTiles(self.sketch)
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
        for span, size, length in zip(window, self.sketch.shape, self.normalized.shape[1:], strict=True):
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
        changed = self._painted.paint(stroke.window, stroke.labels, stroke.boundaries)
        if self._resized:
            changed = self.sketch.paint(*self._painted.resized_window(stroke.window, self.sketch.shape))
        self.tiles.update(changed)
        return changed
