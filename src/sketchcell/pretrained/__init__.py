"""Networks that know something already: what there is, and how files of other programs become models."""

from sketchcell.pretrained.imported import Imported

__all__ = ["Imported"]
