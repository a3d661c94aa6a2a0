"""Networks that know something already: what there is, and how files of other programs become models."""

from sketchcell.pretrained.catalogue import CATALOGUE, PRIOR, Pretrained, get_pretrained
from sketchcell.pretrained.imported import Imported
from sketchcell.pretrained.importing import import_file
from sketchcell.pretrained.prior import prior_model, suits, untouched
from sketchcell.pretrained.resolve import resolve, resolving
from sketchcell.pretrained.start import prior_for
from sketchcell.pretrained.weights import read_weights

__all__ = [
    "CATALOGUE",
    "PRIOR",
    "Imported",
    "Pretrained",
    "get_pretrained",
    "import_file",
    "prior_for",
    "prior_model",
    "read_weights",
    "resolve",
    "resolving",
    "suits",
    "untouched",
]
