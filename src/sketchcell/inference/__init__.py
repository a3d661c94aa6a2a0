"""From image to maps, tile by tile."""

from sketchcell.inference.embedded_image import EmbeddedImage
from sketchcell.inference.embedding_store import EmbeddingStore
from sketchcell.inference.maps import Maps
from sketchcell.inference.progress import Progress, drain
from sketchcell.inference.resize import resize_channels, resize_labels
from sketchcell.inference.tiles import predict_tiles

__all__ = [
    "EmbeddedImage",
    "EmbeddingStore",
    "Maps",
    "Progress",
    "drain",
    "predict_tiles",
    "resize_channels",
    "resize_labels",
]
