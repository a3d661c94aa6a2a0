"""Images larger than memory: in blocks with a halo, with the cells of the whole image."""

from sketchcell.large.blocking import segment_large
from sketchcell.large.found import Found
from sketchcell.large.growing import GrowingLabels
from sketchcell.large.places import alone_in
from sketchcell.large.segmenting import segmenting_large
from sketchcell.large.workers import Threads, Workers

__all__ = ["Found", "GrowingLabels", "Threads", "Workers", "alone_in", "segment_large", "segmenting_large"]
