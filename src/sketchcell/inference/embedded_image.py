"""An image whose tiles a frozen encoder has seen, or will see when somebody needs them."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Generator, Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from sketchcell.inference.embedding_store import EmbeddingStore
from sketchcell.inference.grid import blend, tile_grid
from sketchcell.inference.progress import Progress
from sketchcell.inference.tiles import fill
from sketchcell.networks import mixed_precision
from sketchcell.networks.embedded import EmbeddedNetwork
from sketchcell.sketch import Window


class EmbeddedImage:
    """An image at working scale and the embeddings of its tiles.

    Tiles are those in which the network predicts the image, each embedded by itself: what the head learns
    from is exactly what it will see. The name under which an embedding is kept is a hash of the encoder and
    of the tile's pixels, so that another normalisation, scale or encoder is another name.

    Parameters
    ----------
    image
        float32, shape (C, H, W), normalised, at working scale.
    network
        Whose encoder embeds.
    store
        Keeps the embeddings.
    fingerprint
        Of the network's encoder.
    """

    def __init__(
        self, image: Tensor, network: EmbeddedNetwork, store: EmbeddingStore, fingerprint: str
    ) -> None:
        self._image, self._network, self._store = image, network, store
        self._fingerprint = fingerprint
        self.grid = tile_grid(network, (int(image.shape[1]), int(image.shape[2])))
        self._names: dict[int, str] = {}
        self.there: set[int] = set()

    def tile(self, number: int) -> Tensor:
        """Return the image in a tile, continued to a whole window where the image is smaller: (C, S, S)."""
        rows, columns = self.grid.windows[number]
        return torch.from_numpy(fill(self._image[:, rows, columns].numpy(), self._network))

    @property
    def stride(self) -> int:
        """Pixels of the image for each cell of an embedding."""
        return self._network.encoder.stride

    @property
    def part_stride(self) -> int:
        """The multiple of which sides and places of parts of tiles must be, in pixels of the image."""
        return self._network.part_stride

    def nearest(self, places: NDArray[np.float64], among: Sequence[int] | None = None) -> NDArray[np.int64]:
        """Return the number of the tile whose centre is nearest to each place.

        Parameters
        ----------
        places
            In pixels, shape (..., 2).
        among
            Numbers of the tiles to choose from; None: all.
        """
        numbers = np.arange(len(self.grid.windows)) if among is None else np.array(among)
        centres = np.array([[(s.start + s.stop) / 2 for s in self.grid.windows[n]] for n in numbers])
        away = ((places[..., None, :] - centres) ** 2).sum(-1)
        nearest: NDArray[np.int64] = numbers[away.argmin(-1)]
        return nearest

    def missing(self, window: Window | None = None) -> list[int]:
        """Return the numbers of the tiles that are not embedded yet, from a window's centre on.

        Parameters
        ----------
        window
            Where they must lie; None: anywhere.
        """
        here = window or (slice(0, self.grid.shape[0]), slice(0, self.grid.shape[1]))
        found = [number for number in self.grid.touching(here) if number not in self.there]
        return sorted(found, key=lambda number: (_apart(self.grid.windows[number], here), number))

    def embedding(self, number: int) -> Tensor:
        """Return a tile's embedding, kept or new: float16, shape (channels, S/stride, S/stride)."""
        x = self.tile(number)
        if number not in self._names:
            pixels = np.ascontiguousarray(x.numpy())
            about = f"{self._fingerprint} {pixels.shape} ".encode()
            self._names[number] = hashlib.sha256(about + pixels.tobytes()).hexdigest()
        name, network = self._names[number], self._network
        side = network.encoder.window // self.stride
        found = self._store.get(name, (network.encoder.channels, side, side))
        if found is None:
            device = next(network.encoder.parameters()).device
            batch = x[None].to(device).contiguous(memory_format=torch.channels_last)
            with torch.autocast(device.type, torch.bfloat16, enabled=mixed_precision(device)):
                found = network.embed(batch)[0].cpu().contiguous().numpy()
            self._store.put(name, found)
        self.there.add(number)
        return torch.from_numpy(found)

    def predicting(
        self,
        network: EmbeddedNetwork,
        activate: Callable[[Tensor], Tensor],
        window: Window | None = None,
        *,
        only_there: bool = False,
    ) -> Generator[Progress, None, NDArray[np.float32]]:
        """Predict the image or a window of it from its embeddings, as `predict_tiles` would.

        Parameters
        ----------
        network
            With the same encoder; its head predicts.
        activate
            Turns outputs into maps.
        window
            What is wanted; None: all.
        only_there
            Leave tiles out that are not embedded; where no other tile reaches, the network says nothing.

        Yields
        ------
        Progress
            After each tile.

        Returns
        -------
        NDArray[np.float32]
            Maps, shape (outputs, h, w) of the window.
        """
        here = window or (slice(0, self.grid.shape[0]), slice(0, self.grid.shape[1]))
        numbers = self.grid.touching(here)
        if only_there:
            numbers = [number for number in numbers if number in self.there] or self.missing(here)[:1]

        def maps_of(number: int) -> NDArray[np.float32]:
            rows, columns = self.grid.windows[number]
            height, width = rows.stop - rows.start, columns.stop - columns.start
            device = next(network.parameters()).device
            x = self.tile(number)[None].to(device).contiguous(memory_format=torch.channels_last)
            embedding = self.embedding(number)[None].to(device)
            mixed = mixed_precision(device)
            with torch.inference_mode(), torch.autocast(device.type, torch.bfloat16, enabled=mixed):
                outputs = network.from_embedding(x, embedding)[:, :, :height, :width].float()
                maps: NDArray[np.float32] = activate(outputs)[0].cpu().contiguous().numpy()
            return maps

        return (yield from blend(self.grid, maps_of, numbers, here))


def _apart(one: Window, other: Window) -> int:
    """Return the squared distance between the centres of two windows, times 4."""
    return int(sum((a.start + a.stop - b.start - b.stop) ** 2 for a, b in zip(one, other, strict=True)))
