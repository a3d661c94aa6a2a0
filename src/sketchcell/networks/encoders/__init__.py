"""Encoders that were trained on millions of images, as parts of networks."""

from sketchcell.networks.encoders.base import ImageEncoder

__all__ = ["ImageEncoder"]
