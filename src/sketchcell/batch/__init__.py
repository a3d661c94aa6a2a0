"""Many images with one model: found, segmented, measured; a run that was stopped goes on where it was."""

from sketchcell.batch.inputs import BESIDE, Source, find_images
from sketchcell.batch.options import FORMATS, LINKS, Options, Task, run_key, with_params
from sketchcell.batch.outputs import writing_labels
from sketchcell.batch.remote import on_cluster
from sketchcell.batch.run import Order, Outcome, WouldReplaceError, segmenting, summary
from sketchcell.batch.threads import Event, segmenting_in_threads, usual_workers

__all__ = [
    "BESIDE",
    "FORMATS",
    "LINKS",
    "Event",
    "Options",
    "Order",
    "Outcome",
    "Source",
    "Task",
    "WouldReplaceError",
    "find_images",
    "on_cluster",
    "run_key",
    "segmenting",
    "segmenting_in_threads",
    "summary",
    "usual_workers",
    "with_params",
    "writing_labels",
]
