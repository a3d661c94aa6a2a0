"""At which size a network should meet the objects."""

from __future__ import annotations

from sketchcell.sketch.scale import Diameter

WORKING_DIAMETER = 20.0  # pixels: fits the compact network's view several times, and keeps edges sharp
# Nothing is resampled for a difference that a network learns by itself; small objects need their pixels more.
_SHRINK, _ENLARGE = 1.5, 1.25
_LIMITS = (1 / 12, 3.0)


def working_scale(diameter: Diameter, known: float = WORKING_DIAMETER) -> float:
    """Return the factor by which images are resized for the network.

    Only objects that are known all round give a scale; truncated strokes only bound it: objects are at
    least as large as what is painted of them, so that an image may be shrunk for their sake, never
    enlarged.

    Parameters
    ----------
    diameter
        In pixels of the image.
    known
        Diameter of the objects that the network knows best, in its pixels.
    """
    if diameter.value is not None:
        factor = known / diameter.value
    else:
        factor = min(1.0, known / max(diameter.lower_bound, 1.0))
    if 1 / _SHRINK < factor < _ENLARGE:
        return 1.0
    return min(max(factor, _LIMITS[0]), _LIMITS[1])


def bounded_scale(scale: float, lower_bound: float, known: float = WORKING_DIAMETER) -> float:
    """Return a scale that is known, or a smaller one if objects turn out to be larger than was thought.

    Parameters
    ----------
    scale
        That an earlier model or whole objects gave.
    lower_bound
        Of the objects' diameter, in pixels of the image.
    known
        Diameter of the objects that the network knows best, in its pixels.
    """
    return min(scale, max(known / max(lower_bound, 1.0), _LIMITS[0]))
