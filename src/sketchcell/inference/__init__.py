"""From image to maps, tile by tile."""

from sketchcell.inference.embedded_image import EmbeddedImage
from sketchcell.inference.embedding_store import EmbeddingStore
from sketchcell.inference.grid import TileGrid, blend, tile_grid
from sketchcell.inference.maps import Maps
from sketchcell.inference.progress import Progress, drain
from sketchcell.inference.resize import nearest, resize_channels, resize_labels, resize_window
from sketchcell.inference.tiles import predict_tiles, run

__all__ = [
    "EmbeddedImage",
    "EmbeddingStore",
    "Maps",
    "Progress",
    "TileGrid",
    "blend",
    "drain",
    "nearest",
    "predict_tiles",
    "resize_channels",
    "resize_labels",
    "resize_window",
    "run",
    "tile_grid",
]
