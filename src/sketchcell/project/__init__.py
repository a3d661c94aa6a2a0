"""Projects on disk: what is painted on many images, safe at every moment, with undo across images."""

from sketchcell.project.content import array_hash, content_hash
from sketchcell.project.entry import STATES, Entry, Plane
from sketchcell.project.history import Change
from sketchcell.project.moving import SUFFIX
from sketchcell.project.page import LARGEST_ID, Page
from sketchcell.project.places import unsaved_folder
from sketchcell.project.project import Project
from sketchcell.project.recovery import create_unsaved, discard_unsaved, find_unsaved, prune_unsaved

__all__ = [
    "LARGEST_ID",
    "STATES",
    "SUFFIX",
    "Change",
    "Entry",
    "Page",
    "Plane",
    "Project",
    "array_hash",
    "content_hash",
    "create_unsaved",
    "discard_unsaved",
    "find_unsaved",
    "prune_unsaved",
    "unsaved_folder",
]
