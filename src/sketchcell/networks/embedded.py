"""Networks of an encoder and a head: where the encoder is frozen, its work is done once for each window."""

from __future__ import annotations

import hashlib
from abc import abstractmethod
from typing import Self, TypeGuard

import torch
from torch import Tensor

from sketchcell.networks.base import Network
from sketchcell.networks.encoders import ImageEncoder

_LARGEST = torch.finfo(torch.half).max


class EmbeddedNetwork(Network):
    """An encoder, and a head that draws maps from its embedding.

    With a frozen encoder, the windows of an image are embedded once (`embed`), and for learning the head
    alone runs on parts of them (`from_embedding`): a step costs what the head costs, however large the
    encoder is. `forward` gives the same maps as both in turn, but for the rounding.

    Attributes
    ----------
    encoder
        Embeds windows.
    """

    encoder: ImageEncoder
    _hashed: tuple[tuple[tuple[int, int], ...], str] | None = None

    @property
    def embeds(self) -> bool:
        """Whether the encoder is frozen, so that embeddings can be kept."""
        return not any(weight.requires_grad for weight in self.encoder.parameters())

    @property
    @abstractmethod
    def part_stride(self) -> int:
        """The multiple of which the sides and the place of a part of a window must be, in pixels."""

    @abstractmethod
    def from_embedding(self, x: Tensor, embedding: Tensor) -> Tensor:
        """Map parts of windows to maps, the encoder's work being done.

        Parameters
        ----------
        x
            Shape (B, inputs, H, W), H and W multiples of `part_stride`.
        embedding
            Of the same parts, shape (B, channels, H/s, W/s), s the encoder's stride.

        Returns
        -------
        Tensor
            Shape (B, outputs, H, W).
        """

    def embed(self, x: Tensor) -> Tensor:
        """Embed windows (B, inputs, window, window) in half precision: (B, channels, h, w)."""
        self.encoder.eval()  # a network that was just built is in the mode of learning
        with torch.no_grad():
            embedding: Tensor = self.encoder(x).float().clamp(-_LARGEST, _LARGEST).half()
        return embedding

    def fingerprint(self) -> str:
        """Return a hash of the encoder's kind and weights: equal encoders give equal embeddings."""
        weights = (*self.encoder.parameters(), *self.encoder.buffers())
        state = tuple((weight.data_ptr(), weight._version) for weight in weights)
        if self._hashed is None or self._hashed[0] != state:
            self._hashed = state, _hash(self.encoder)
        return self._hashed[1]

    def train(self, mode: bool = True) -> Self:
        """Set the mode; a frozen encoder stays as it is used."""
        super().train(mode)
        if self.embeds:
            self.encoder.eval()
        return self


def keeps_embeddings(network: Network) -> TypeGuard[EmbeddedNetwork]:
    """Tell whether a network has a frozen encoder, whose embeddings can be kept."""
    return isinstance(network, EmbeddedNetwork) and network.embeds


def _hash(encoder: ImageEncoder) -> str:
    about = f"{type(encoder).__qualname__} {encoder.window} {encoder.stride} {encoder}"
    found = hashlib.sha256(about.encode())
    # buffers that are not saved count as well
    for name, tensor in sorted([*encoder.named_parameters(), *encoder.named_buffers()]):
        plain = tensor.detach().cpu().contiguous()
        found.update(f"{name} {tuple(plain.shape)} {plain.dtype}".encode())
        found.update(memoryview(plain.reshape(-1).view(torch.uint8).numpy().data))
    return found.hexdigest()
