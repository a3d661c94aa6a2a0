"""What files say of their pixels: size, time between frames, names of channels."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any
from xml.etree import ElementTree

import tifffile

_MICROMETRES = {
    "pm": 1e-6, "picometer": 1e-6,
    "a": 1e-4, "å": 1e-4, "angstrom": 1e-4,
    "nm": 1e-3, "nanometer": 1e-3,
    "um": 1.0, "µm": 1.0, "micron": 1.0, "microns": 1.0, "micrometer": 1.0,
    "mm": 1e3, "millimeter": 1e3,
    "cm": 1e4, "centimeter": 1e4,
    "in": 25400.0, "inch": 25400.0, "inches": 25400.0,
    "m": 1e6, "meter": 1e6,
}  # fmt: skip
_SECONDS = {
    "ms": 1e-3, "msec": 1e-3, "millisecond": 1e-3,
    "s": 1.0, "sec": 1.0, "second": 1.0,
    "min": 60.0, "minute": 60.0,
    "h": 3600.0, "hour": 3600.0,
}  # fmt: skip
_INCH, _CENTIMETRE = 2, 3  # in the TIFF tag ResolutionUnit
# Programs write dots an inch meant for printing, 72 to 1,200, into images whose pixel size they do not know.
_LARGEST_BY_TAG = 20.0  # µm
_SCANNER_MPP = re.compile(r"\bMPP\s*=\s*([0-9.eE+-]+)")


@dataclass(frozen=True)
class Calibration:
    """What a file says about its pixels; what it does not say is left empty.

    Attributes
    ----------
    pixel_size
        Micrometres along those of the axes ``z``, ``y`` and ``x`` for which they are known.
    time_interval
        Seconds from frame to frame.
    channel_names
        One a channel.
    """

    pixel_size: Mapping[str, float] = field(default_factory=dict)
    time_interval: float | None = None
    channel_names: tuple[str, ...] = ()


def micrometres(value: object, unit: str | None) -> float | None:
    """Return a length in micrometres; None if it is not positive or its unit is no length."""
    return _converted(value, unit, _MICROMETRES)


def tiff_calibration(tiff: tifffile.TiffFile, scene: int = 0) -> Calibration:
    """Return what a TIFF file says of an image: by OME, ImageJ, makers of microscopes, or plain tags.

    What is damaged counts as not said. Only OME tells several images in a file apart.
    """
    for read in (partial(_by_ome, scene=scene), _by_imagej, _by_maker, _by_tags):
        try:
            found = read(tiff)
        except (AttributeError, IndexError, KeyError, TypeError, ValueError, ElementTree.ParseError):
            continue
        if found is not None:
            return found
    return Calibration()


def zarr_calibration(described: Mapping[str, Any], axes: Sequence[Any]) -> Calibration:
    """Return what the metadata of an OME-Zarr group says, versions 0.4 and 0.5.

    Parameters
    ----------
    described
        The attributes of the group, or what stands in them under ``ome``.
    axes
        Of its first image, as described there.
    """
    image = described["multiscales"][0]
    scales = [1.0] * len(axes)
    for source in (image["datasets"][0], image):
        for change in source.get("coordinateTransformations") or ():
            if change.get("type") == "scale":
                scales = [one * float(other) for one, other in zip(scales, change["scale"], strict=True)]
    size: dict[str, float] = {}
    interval = None
    for axis, scale in zip(axes, scales, strict=True):
        name, unit = (axis.get("name"), axis.get("unit")) if isinstance(axis, dict) else (axis, None)
        length = micrometres(scale, unit)
        if name in ("z", "y", "x") and length is not None:
            size[name] = length
        elif name == "t":
            interval = _converted(scale, unit, _SECONDS)
    channels = (described.get("omero") or {}).get("channels") or ()
    return Calibration(size, interval, tuple(str(one.get("label", "")) for one in channels))


def _converted(value: object, unit: str | None, units: Mapping[str, float]) -> float | None:
    try:
        number = float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return None
    # Two characters look like a micro sign; programs that know neither write an escape.
    plain = (unit or "").strip().replace("\\u00B5", "µ").replace("\u03bc", "µ")
    name = plain.lower().replace("metre", "meter")
    factor = units.get(name, units.get(name.removesuffix("s")))
    # an M is no small m
    if factor is None or plain[:1] == "M" or not (math.isfinite(number) and number > 0):
        return None
    return number * factor


def _sizes(**sizes: float | None) -> dict[str, float]:
    return {axis: size for axis, size in sizes.items() if size is not None}


def _by_ome(tiff: tifffile.TiffFile, scene: int) -> Calibration | None:
    if not tiff.is_ome or not tiff.ome_metadata:
        return None
    root = ElementTree.fromstring(tiff.ome_metadata)
    pixels = [one for one in root.iter() if _tag(one) == "Pixels"][scene]
    known = pixels.attrib
    sizes = {
        axis: micrometres(known.get(f"PhysicalSize{letter}"), known.get(f"PhysicalSize{letter}Unit", "µm"))
        for axis, letter in (("z", "Z"), ("y", "Y"), ("x", "X"))
    }
    interval = _converted(known.get("TimeIncrement"), known.get("TimeIncrementUnit", "s"), _SECONDS)
    names = tuple(one.get("Name", "") for one in pixels if _tag(one) == "Channel")
    return Calibration(_sizes(**sizes), interval, names if any(names) else ())


def _tag(element: ElementTree.Element) -> str:
    return str(element.tag).rpartition("}")[2]


def _by_imagej(tiff: tifffile.TiffFile) -> Calibration | None:
    said = tiff.imagej_metadata
    if not said:
        return None
    unit = str(said.get("unit", ""))
    across = {
        axis: micrometres(_per_unit(tiff, tag), unit)
        for axis, tag in (("y", "YResolution"), ("x", "XResolution"))
    }
    interval = _converted(said.get("finterval"), str(said.get("tunit", "s")), _SECONDS)
    return Calibration(_sizes(z=micrometres(said.get("spacing"), unit), **across), interval)


def _by_maker(tiff: tifffile.TiffFile) -> Calibration | None:
    zeiss = tiff.lsm_metadata
    if zeiss:
        return Calibration(
            _sizes(
                **{axis: micrometres(zeiss.get(f"VoxelSize{axis.upper()}"), "m") for axis in ("z", "y", "x")}
            ),
            _converted(zeiss.get("TimeIntervall"), "s", _SECONDS),
        )
    found = _SCANNER_MPP.search(tiff.pages.first.description) if tiff.is_svs else None
    side = micrometres(found.group(1), "µm") if found else None
    return Calibration(_sizes(y=side, x=side)) if side is not None else None


def _by_tags(tiff: tifffile.TiffFile) -> Calibration | None:
    units = {_INCH: "inch", _CENTIMETRE: "cm"}
    unit = units.get(int(tiff.pages.first.tags["ResolutionUnit"].value))
    sizes = _sizes(
        y=micrometres(_per_unit(tiff, "YResolution"), unit),
        x=micrometres(_per_unit(tiff, "XResolution"), unit),
    )
    return Calibration(sizes) if sizes and max(sizes.values()) < _LARGEST_BY_TAG else None


def _per_unit(tiff: tifffile.TiffFile, tag: str) -> float | None:
    """Return the length of a pixel in the file's unit from pixels a unit, a fraction."""
    found = tiff.pages.first.tags.get(tag)
    if found is None:
        return None
    pixels, units = found.value
    return float(units) / float(pixels) if pixels else None
