"""The same work on many workers: a dask cluster, the model on each worker, images as tasks."""

from sketchcell.cluster.blocks import ClusterWorkers
from sketchcell.cluster.connecting import QUEUES, connect, parse_options, usual_scheduler
from sketchcell.cluster.models import model_of_worker, send_model
from sketchcell.cluster.segmenting import segment_on
from sketchcell.cluster.working import Done, working_on

__all__ = [
    "QUEUES",
    "ClusterWorkers",
    "Done",
    "connect",
    "model_of_worker",
    "parse_options",
    "segment_on",
    "send_model",
    "usual_scheduler",
    "working_on",
]
