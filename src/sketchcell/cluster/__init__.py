"""The same work on many workers: a dask cluster, the model on each worker, images as tasks."""

from sketchcell.cluster.connecting import connect
from sketchcell.cluster.models import model_of_worker, send_model
from sketchcell.cluster.segmenting import segment_on
from sketchcell.cluster.working import Done, working_on

__all__ = ["Done", "connect", "model_of_worker", "segment_on", "send_model", "working_on"]
