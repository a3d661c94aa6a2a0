"""``sketchcell convert``: labels → the format of another program."""

from __future__ import annotations

import argparse
from pathlib import Path

import pandas

from sketchcell.cli.inputs import about
from sketchcell.cli.outputs import claim_folder, folder_for_results
from sketchcell.cli.parser import positive_float
from sketchcell.cli.progress import shown
from sketchcell.errors import SketchcellError
from sketchcell.export.labels import (
    LABEL_FORMATS,
    OBJECT_TYPES,
    LabelFormat,
    LabelPlanes,
    Options,
    exporting_labels,
    label_format,
    open_labels,
    require_free,
    writing_coco,
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument(
        "labels", metavar="LABELS", nargs="+", type=Path, help="instance labels: TIFF, PNG or OME-Zarr"
    )
    parser.add_argument("--to", metavar="FORMAT", required=True, help=f"one of: {', '.join(LABEL_FORMATS)}")
    parser.add_argument(
        "--out",
        metavar="PATH",
        type=Path,
        required=True,
        help="the file; with several LABELS a folder, for coco still one file",
    )
    parser.add_argument(
        "--table",
        metavar="TABLE",
        type=Path,
        help="measurements to pass on, from `sketchcell measure`",
    )
    parser.add_argument(
        "--pixel-size",
        metavar="µm",
        type=pixel_size,
        default={},
        help="of a side, or depth,height,width: 0.5 or 2,0.5,0.5 (default: what the file says)",
    )
    parser.add_argument(
        "--object-type",
        metavar="NAME",
        default=OBJECT_TYPES[0],
        help=f"geojson: {', '.join(OBJECT_TYPES)}, in QuPath (default: {OBJECT_TYPES[0]})",
    )
    parser.add_argument(
        "--polygons",
        action="store_true",
        help="coco: polygons for cells without holes, not run lengths",
    )
    parser.add_argument("--ome-zarr-version", metavar="V", help="ome-zarr: 0.5 or 0.4 (default: 0.5)")
    parser.add_argument("--overwrite", action="store_true", help="replace what other programs wrote, too")


def pixel_size(word: str) -> dict[str, float]:
    """Return µm by axis."""
    sizes = [positive_float(part) for part in word.split(",")]
    if len(sizes) == 1:
        return {"y": sizes[0], "x": sizes[0]}
    if len(sizes) > 3:
        raise argparse.ArgumentTypeError(f"'{word}' has more numbers than depth, height and width")
    return dict(zip(("z", "y", "x")[-len(sizes) :], sizes, strict=True))


def run(arguments: argparse.Namespace) -> int:
    """Convert."""
    form = label_format(arguments.to)
    paths: list[Path] = arguments.labels
    together = form.name == "coco"
    outputs = [arguments.out] if together or len(paths) == 1 else _names(paths, arguments.out, form)
    for path in outputs:
        _claim(path, paths, form, arguments.overwrite)
    table = None if arguments.table is None else _read_table(arguments.table)
    options = Options(arguments.object_type, arguments.polygons, arguments.ome_zarr_version)
    if together:
        images = [_opened(path, arguments, table) for path in paths]
        with folder_for_results(arguments.out.parent):
            count = shown(writing_coco(images, arguments.out, arguments.polygons), "writing")
        print(f"{arguments.out}: {count} cells")
        return 0
    for source, path in zip(paths, outputs, strict=True):
        cells = _opened(source, arguments, table)
        with about(source), folder_for_results(path.parent):
            count = shown(
                exporting_labels(cells, path, form.name, options, overwrite=arguments.overwrite), "writing"
            )
        print(f"{path}: {count} cells")
    return 0


def _names(paths: list[Path], folder: Path, form: LabelFormat) -> list[Path]:
    names = [folder / (_stem(path) + form.suffix) for path in paths]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise SketchcellError(f"Two of the labels would become {twice}; convert them one by one.")
    return names


def _stem(path: Path) -> str:
    return path.name.removesuffix(".zarr").removesuffix(".ome") if path.is_dir() else path.stem


def _claim(path: Path, inputs: list[Path], form: LabelFormat, overwrite: bool) -> None:
    for given in inputs:
        if path.exists() and given.exists() and path.samefile(given):
            raise SketchcellError(f"{path} is one of the inputs; write to another place.")
    require_free(path, form, overwrite=overwrite)
    claim_folder(path.parent)


def _opened(path: Path, arguments: argparse.Namespace, table: pandas.DataFrame | None) -> LabelPlanes:
    opened = open_labels(path)
    rows = None if table is None else _rows_of(path, table, len(arguments.labels))
    size = {**opened.pixel_size, **arguments.pixel_size}
    return LabelPlanes(opened.name, opened.planes, opened.leading, opened.axes, size, rows)


def _rows_of(path: Path, table: pandas.DataFrame, count: int) -> pandas.DataFrame:
    """Return the rows of one file; a table about one file only need not name it."""
    if "file" not in table:
        if count > 1:
            raise SketchcellError("The table has no column 'file'; convert the labels one by one.")
        return table
    names = table["file"].astype(str)
    rows = table[names == str(path)]
    if rows.empty:
        rows = table[names.map(lambda name: Path(name).name) == path.name]
    if rows.empty:
        raise SketchcellError(f"The table has no rows about {path}; leave --table away, or measure it.")
    if rows["file"].nunique() > 1:
        raise SketchcellError(
            f"The table has rows about several files named {path.name}, none about {path}; convert with a "
            "table of this file only."
        )
    return rows.drop(columns="file")


def _read_table(path: Path) -> pandas.DataFrame:
    try:
        return pandas.read_parquet(path) if path.suffix.lower() == ".parquet" else pandas.read_csv(path)
    except FileNotFoundError as error:
        raise SketchcellError(f"{path} does not exist.") from error
    except ImportError as error:
        raise SketchcellError(
            f'{path} needs pyarrow: pip install "napari-sketchcell[parquet]", or give a .csv file.'
        ) from error
    except (OSError, ValueError) as error:
        raise SketchcellError(f"{path} is no table: give CSV or Parquet.") from error
