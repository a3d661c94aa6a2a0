"""Colours that people with any kind of colour vision can tell apart (Okabe & Ito 2008)."""

from __future__ import annotations

from napari.utils.colormaps import Colormap, CyclicLabelColormap, DirectLabelColormap

BACKGROUND = "#0072b2"
OBJECTS = ("#e69f00", "#009e73", "#cc79a7", "#f0e442", "#d55e00", "#56b4e9")
BOUNDARY = "#ffffff"
ERASER = "#808080"
EXACT = "#009e73"
BOUND = "#e69f00"
_CELLS = (
    "#e69f00",
    "#56b4e9",
    "#009e73",
    "#f0e442",
    "#cc79a7",
    "#d55e00",
    "#88ccee",
    "#ddcc77",
    "#44aa99",
    "#aa4499",
    "#ee8866",
    "#99ddff",
    "#bbcc33",
    "#ffaabb",
    "#eedd88",
    "#77aadd",
)
_OBJECT_IDS = 4096  # more ids than anybody paints one by one; later ones are shown in the first colour


def object_color(label: int) -> str:
    """Return the colour of an object's strokes, for ids from 2."""
    return OBJECTS[(label - 2) % len(OBJECTS)]


def sketch_colormap() -> DirectLabelColormap:
    """Return the colours of the sketch: 0 unpainted, 1 background, 2… objects."""
    colors: dict[int | None, str] = {None: OBJECTS[0], 0: "transparent", 1: BACKGROUND}
    colors.update({label: object_color(label) for label in range(2, _OBJECT_IDS)})
    return DirectLabelColormap(color_dict=colors)


def boundary_colormap() -> DirectLabelColormap:
    """Return the colour of boundary lines."""
    return DirectLabelColormap(color_dict={None: BOUNDARY, 0: "transparent", 1: BOUNDARY})


def doubt_colormap() -> Colormap:
    """Return colours from nothing to vermilion, seen on dark and on bright images."""
    return Colormap([(0.84, 0.37, 0.0, 0.0), (0.84, 0.37, 0.0, 0.85)], name="doubt")


def cell_colormap() -> CyclicLabelColormap:
    """Return colours for many cells, neighbours being likely to differ."""
    return CyclicLabelColormap(colors=["#000000", *_CELLS])
