"""Drawn cells, with the labels of each: what a network can learn from before it has seen an image."""

from sketchcell.synthetic.images import SyntheticImage, draw_cells
from sketchcell.synthetic.looks import LOOKS

__all__ = ["LOOKS", "SyntheticImage", "draw_cells"]
