"""What belongs together in successive label planes: objects through a stack, tracks through a movie."""

from sketchcell.linking.depth import linking_planes
from sketchcell.linking.tracks import Tracks, linking_frames

__all__ = ["Tracks", "linking_frames", "linking_planes"]
