"""Cells as GeoJSON polygons, with what QuPath calls them."""

from __future__ import annotations

import json
from collections.abc import Generator
from pathlib import Path
from typing import Any, BinaryIO

from sketchcell.errors import SketchcellError
from sketchcell.export.labels.measurements import Measurements
from sketchcell.export.labels.outlines import Polygon, Ring, outlines
from sketchcell.export.labels.parts import begins_with, beside
from sketchcell.export.labels.planes import LabelPlanes, Place
from sketchcell.images.origin import SOFTWARE
from sketchcell.inference import Progress

OBJECT_TYPES = ("detection", "cell", "annotation")
_START = f'{{"type": "FeatureCollection", "generator": "{SOFTWARE}", "features": ['
_EVERY = 2000  # cells between two steps


def writing_geojson(
    cells: LabelPlanes, path: Path, object_type: str = "detection"
) -> Generator[Progress, None, int]:
    """Write one feature a cell and plane.

    Coordinates are x and y in pixels; 0, 0 is the outer corner of the first pixel, and lines run along pixel
    edges, so that a pixel belongs to a cell where its middle lies inside. Rings are closed and run as
    RFC 7946 says. A cell in several pieces is a MultiPolygon.

    Parameters
    ----------
    cells
        What to write.
    path
        The file, replaced atomically.
    object_type
        What QuPath makes of a cell: ``detection``, ``cell`` or ``annotation``.

    Returns
    -------
    How many features were written.

    Raises
    ------
    SketchcellError
        For another `object_type`, a table that does not fit, and as in `sketchcell.images.write_atomically`.
    """
    if object_type not in OBJECT_TYPES:
        raise SketchcellError(
            f"QuPath has no objects '{object_type}'; choose from {', '.join(OBJECT_TYPES)}."
        )
    measurements = Measurements(cells)
    with beside(path) as file:
        file.write(_START.encode())
        count = yield from _features(cells, measurements, object_type, file)
        file.write(b"\n]}\n")
    return count


def _features(
    cells: LabelPlanes, measurements: Measurements, object_type: str, file: BinaryIO
) -> Generator[Progress, None, int]:
    count = 0
    for place in cells.places:
        yield Progress(place.number, len(cells.planes), "tracing outlines")
        known = measurements.of(place)
        for label, polygons in outlines(cells.plane(place.number)).cells():
            about = {"objectType": object_type, "name": str(label), "label": label}
            if known.get(label):
                about["measurements"] = known[label]
            feature = {"type": "Feature", "geometry": _geometry(polygons, place), "properties": about}
            file.write((",\n" if count else "\n").encode() + json.dumps(feature).encode())
            count += 1
            if count % _EVERY == 0:
                yield Progress(place.number, len(cells.planes), "writing outlines")
    return count


def _geometry(polygons: list[Polygon], place: Place) -> dict[str, Any]:
    rings = [[_closed(ring) for ring in polygon] for polygon in polygons]
    one = len(rings) == 1
    geometry: dict[str, Any] = {
        "type": "Polygon" if one else "MultiPolygon",
        "coordinates": rings[0] if one else rings,
    }
    if place.z or place.t:
        geometry["plane"] = {"c": -1, "z": place.z, "t": place.t}
    return geometry


def _closed(ring: Ring) -> list[list[int]]:
    points: list[list[int]] = ring.tolist()
    return [*points, points[0]]


def is_our_geojson(path: Path) -> bool:
    """Tell whether a file is GeoJSON that this package wrote."""
    return begins_with(path, _START)
