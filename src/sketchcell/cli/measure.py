"""``sketchcell measure``: labels, and images if there are any → a table of cells, and one of images."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from sketchcell.cli.inputs import about
from sketchcell.cli.outputs import claim_file, folder_for_results
from sketchcell.cli.parser import not_negative, positive_float
from sketchcell.errors import SketchcellError
from sketchcell.images import Opened, Planes, open_image, read_label_stack
from sketchcell.measure import measure, require_table_name, summarize, write_table

if TYPE_CHECKING:
    import pandas

_FIRST, _CELLS, _IMAGES = "file", "label", "confluency"
_START = 300  # bytes of a CSV, with the names of columns that tell whose it is


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument(
        "labels",
        metavar="LABELS",
        nargs="+",
        type=Path,
        help="instance labels: TIFF, PNG, stacks as TIFF, folders of OME-Zarr labels",
    )
    parser.add_argument(
        "--image",
        metavar="IMAGE",
        nargs="+",
        type=Path,
        default=[],
        help="one an image of labels, for intensities",
    )
    parser.add_argument(
        "--out", metavar="TABLE", type=Path, required=True, help="the table, .csv or .parquet; one row a cell"
    )
    parser.add_argument(
        "--summary",
        metavar="TABLE",
        type=Path,
        help="where figures of each image go (default: beside the table, NAME_images)",
    )
    parser.add_argument(
        "--pixel-size",
        metavar="UM",
        nargs="+",
        type=positive_float,
        help="µm: one number, or height and width (default: as the files say)",
    )
    parser.add_argument(
        "--neighbour-distance",
        metavar="D",
        type=not_negative,
        default=0.0,
        help="how far apart neighbours may be: in µm if the size of a pixel is known, else in pixels "
        "(default: cells that touch)",
    )


def run(arguments: argparse.Namespace) -> int:
    """Measure and write the tables."""
    import pandas

    labels, images, out = arguments.labels, arguments.image, arguments.out
    if images and len(images) != len(labels):
        raise SketchcellError(
            f"There are {len(labels)} file(s) of labels and {len(images)} image(s); give one image for "
            "each, or none."
        )
    if arguments.pixel_size and len(arguments.pixel_size) > 2:
        raise SketchcellError("Give --pixel-size one number, or the height and the width of a pixel.")
    summary = arguments.summary or out.with_name(f"{out.stem}_images{out.suffix}")
    claim_table(out, [*labels, *images])
    claim_table(summary, [*labels, *images], _IMAGES)
    if summary.resolve() == out.resolve():
        raise SketchcellError(f"{out} cannot hold both tables; give --summary another name.")
    opened = [_Measured(path, images[index] if images else None) for index, path in enumerate(labels)]
    sizes = _sizes(opened, arguments.pixel_size)
    tables = [one.tables(size, arguments.neighbour_distance) for one, size in zip(opened, sizes, strict=True)]
    cells, figures = (pandas.concat(one, ignore_index=True) for one in zip(*tables, strict=True))
    with folder_for_results(out.parent), folder_for_results(summary.parent):
        write_table(out, cells)
        write_table(summary, figures)
    distance, unit = arguments.neighbour_distance, "px" if sizes[0] is None else "µm"
    reach = f"that touch or are within {distance:g} {unit}" if distance else "that touch"
    print(f"{out}: {len(cells)} cells, in {'pixels' if sizes[0] is None else 'pixels and µm'}")
    print(f"{summary}: {len(figures)} image(s), neighbours are cells {reach}")
    return 0


def claim_table(path: Path, inputs: Sequence[Path] = (), column: str = _CELLS) -> None:
    """Make sure that a table can be written without losing anything; see `claim_file`.

    Parameters
    ----------
    path, inputs
        As there.
    column
        A name that tells a table of ours, besides its first one.
    """
    claim_file(path, inputs, ours=lambda there: _is_table(there, column))
    require_table_name(path)


class _Measured:
    """Labels, and their image if there is one; they are in memory only while they are needed."""

    def __init__(self, path: Path, image: Path | None) -> None:
        self._path, self._image_path = path, image

    @property
    def pixel_size(self) -> tuple[float, float] | None:
        """As the labels say, or else the image; None where neither does."""
        for path in (self._path, self._image_path):
            size = {} if path is None else open_image(path).pixel_size
            if "y" in size and "x" in size:
                return size["y"], size["x"]
        return None

    def tables(
        self, pixel_size: tuple[float, float] | None, distance: float
    ) -> tuple[pandas.DataFrame, pandas.DataFrame]:
        """Return the tables of its cells and of its planes."""
        with about(self._path):
            stored = self._path.is_dir()
            labels = _planes(open_image(self._path)) if stored else read_label_stack(self._path)[0]
        shape = labels.shape if not isinstance(labels, Planes) else (*labels.leading, *labels.shape)
        with about(self._image_path or self._path):
            image = None if self._image_path is None else _planes(open_image(self._image_path))
            cells = measure(labels, image, pixel_size=pixel_size, neighbour_distance=distance)
        figures = summarize(cells, shape, pixel_size)
        for table in (cells, figures):
            table.insert(0, _FIRST, str(self._path))
        return cells, figures


def _planes(opened: Opened) -> Planes:
    return Planes(opened.data, rgb=opened.rgb, axes=opened.axes)


def _sizes(opened: Sequence[_Measured], given: Sequence[float] | None) -> list[tuple[float, float] | None]:
    """Return the size of the pixels of each; all know it, or none."""
    if given:
        return [(given[0], given[-1])] * len(opened)
    sizes = [one.pixel_size for one in opened]
    if None in sizes and any(sizes):
        raise SketchcellError(
            "Some of the files know the size of their pixels and others do not; give --pixel-size."
        )
    return sizes


def _is_table(path: Path, column: str) -> bool:
    if path.suffix.lower() == ".parquet":
        require_table_name(path)
        from pyarrow import ArrowException, parquet

        try:
            names = parquet.read_schema(path).names
        except ArrowException:
            return False
    else:
        with path.open("rb") as file:
            names = file.read(_START).split(b"\n")[0].decode(errors="replace").split(",")
    return names[:1] == [_FIRST] and column in names[:6]
