"""Networks that know something already: what there is, and how files of other programs become models."""

from sketchcell.pretrained.catalogue import CATALOGUE, Pretrained, get_pretrained
from sketchcell.pretrained.imported import Imported
from sketchcell.pretrained.importing import import_file
from sketchcell.pretrained.resolve import resolve, resolving
from sketchcell.pretrained.weights import read_weights

__all__ = [
    "CATALOGUE",
    "Imported",
    "Pretrained",
    "get_pretrained",
    "import_file",
    "read_weights",
    "resolve",
    "resolving",
]
