"""Which images are meant: files, folders, patterns."""

from __future__ import annotations

import glob
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from sketchcell.batch.journal import outputs_in
from sketchcell.errors import SketchcellError
from sketchcell.images import is_ours, looks_like_image

#: Ends the names of labels that lie beside their images.
BESIDE = "_labels"
_MULTISCALES = (".zattrs", "zarr.json")


@dataclass(frozen=True)
class Source:
    """An image to be segmented.

    Attributes
    ----------
    path
        A file, or the folder of an OME-Zarr image.
    name
        For what becomes of it, without an ending; has folders in it, separated by ``/``, where the image was
        found in a folder of a folder.
    """

    path: Path
    name: str


def find_images(
    words: Sequence[str | Path], *, recursive: bool = False, out: Path | None = None
) -> list[Source]:
    """Find the images that a person means.

    Parameters
    ----------
    words
        Files, folders of OME-Zarr images, folders with images in them, or patterns such as ``day?/*.tif`` and
        ``**/*.tif``. What exists is never taken for a pattern.
    recursive
        Whether to look in the folders of folders, too.
    out
        Where results go: nothing in there is taken, nor are results of earlier runs anywhere. If images lie
        in the same folder, these are taken.

    Returns
    -------
    Each image once, in the order of the words, those of a folder or pattern sorted. In a folder, files are
    taken that are images by content or name; hidden ones are not.

    Raises
    ------
    SketchcellError
        If something does not exist, or no image is found for it.
    """
    found: dict[Path, Source] = {}
    for word in words:
        sources = list(_meant_by(word, recursive, out))
        if not sources:
            raise SketchcellError(
                f"No image is found in '{word}'; give image files, or --recursive to look in its folders."
                if Path(word).is_dir()
                else f"No image fits '{word}'."
            )
        for source in sources:
            found.setdefault(Path(os.path.abspath(source.path)), source)
    return list(found.values())


def is_zarr_image(path: Path) -> bool:
    """Tell whether a folder is an OME-Zarr image."""
    for name in _MULTISCALES:
        try:
            if b'"multiscales"' in (path / name).read_bytes():
                return True
        except OSError:
            continue
    return False


def _meant_by(word: str | Path, recursive: bool, out: Path | None) -> Iterator[Source]:
    path = Path(word)
    if path.is_dir():
        if is_zarr_image(path):
            yield Source(path, _stem(path))
        else:
            yield from _in_folder(path, recursive or path.suffix == ".zarr", out)
    elif path.exists():
        yield Source(path, _stem(path))
    elif glob.has_magic(str(word)):
        yield from _fitting(str(word), out)
    else:
        raise SketchcellError(f"{word} does not exist.")


def _in_folder(folder: Path, recursive: bool, out: Path | None) -> Iterator[Source]:
    for here, folders, files in os.walk(folder):
        place = Path(here)
        images = sorted(name for name in folders if is_zarr_image(place / name))
        # neither into images, nor into results, nor into what is hidden
        folders[:] = sorted(
            name
            for name in folders
            if recursive and name not in images and not name.startswith(".") and not _same(place / name, out)
        )
        files = sorted(name for name in files if looks_like_image(place / name))
        for name in sorted([*images, *files]):
            if not name.startswith(".") and not _is_result(place / name):
                yield _named(place / name, folder)


def _fitting(pattern: str, out: Path | None) -> Iterator[Source]:
    # What comes before the first wildcard is no part of the names.
    fixed = pattern[: len(pattern) - len(pattern.lstrip("/"))] + "/".join(_before_magic(pattern))
    base = Path(fixed or ".")
    for name in sorted(glob.glob(pattern, recursive=True)):
        path = Path(name)
        inside_out = out is not None and not _same(base, out) and out.resolve() in path.resolve().parents
        if inside_out or _is_result(path):
            continue
        if is_zarr_image(path) if path.is_dir() else not path.name.startswith("."):
            yield _named(path, base)


def _before_magic(pattern: str) -> Iterator[str]:
    for part in Path(pattern).parts[:-1]:
        if glob.has_magic(part):
            return
        yield part.rstrip("/\\") if part not in ("/", "\\") else ""


def _named(path: Path, base: Path) -> Source:
    try:
        inside = path.parent.relative_to(base)
    except ValueError:
        inside = Path()
    return Source(path, (inside / _stem(path)).as_posix())


def _stem(path: Path) -> str:
    stem = path.stem if path.suffix else path.name
    for ending in (".ome", ".OME"):
        stem = stem.removesuffix(ending)
    return stem or path.resolve().name


def _is_result(path: Path) -> bool:
    if Path(path.stem).stem.endswith(BESIDE) and (path.is_dir() or is_ours(path)):
        return True
    whole = Path(os.path.abspath(path))
    return any(whole.relative_to(folder).as_posix() in outputs_in(folder) for folder in whole.parents)


def _same(one: Path, other: Path | None) -> bool:
    return other is not None and os.path.abspath(one) == os.path.abspath(other)
