"""What of a project is learned from."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from sketchcell.project import Page, Project
from sketchcell.sketch import BACKGROUND, FIRST_OBJECT, Window
from sketchcell.ui.frame import whole
from sketchcell.ui.lesson import Paint
from sketchcell.ui.spot import Spot


def painted_spots(project: Project) -> Iterator[Spot]:
    """Yield the planes of all images that something is painted on."""
    for entry in project.entries:
        for plane in project.painted_planes(entry.id):
            yield Spot(entry.id, plane)


def what_is_painted(project: Project, region: Window | None) -> tuple[bool, bool]:
    """Return whether background, and whether objects are painted anywhere; stops when it has seen both."""
    background = objects = False
    for spot in painted_spots(project):
        labels = project.page(spot.entry, spot.plane).labels
        labels = labels if region is None else labels[region]
        background = background or bool((labels == BACKGROUND).any())
        objects = objects or bool((labels >= FIRST_OBJECT).any())
        if background and objects:
            break
    return background, objects


def paint_of(page: Page, spot: Spot, window: Window | None, region: Window | None) -> Paint:
    """Return a copy of what is painted in a window of a page; nothing is, outside a region."""
    window = whole(page.labels.shape) if window is None else window
    labels, boundaries = page.labels[window].astype(np.int32), page.boundaries[window].copy()
    if region is not None:
        outside = np.ones(labels.shape, np.bool_)
        rows, columns = (
            slice(max(inner.start - outer.start, 0), max(inner.stop - outer.start, 0))
            for inner, outer in zip(region, window, strict=True)
        )
        outside[rows, columns] = False
        labels[outside] = 0
        boundaries[outside] = False
    return Paint(spot, window, labels, boundaries)


def all_paint(project: Project, region: Window | None) -> Iterator[Paint]:
    """Yield copies of all that is painted; for any thread, as it takes a while to read many images."""
    for spot in painted_spots(project):
        yield paint_of(project.page(spot.entry, spot.plane), spot, None, region)
