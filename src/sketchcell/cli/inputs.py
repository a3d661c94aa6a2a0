"""Reading what the user gave, with the name of the file in every complaint."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from numpy.typing import NDArray

from sketchcell.errors import SketchcellError
from sketchcell.images import as_channels, read_image, read_labels, read_mask

if TYPE_CHECKING:
    from sketchcell.sketch import Sketch

LABEL_SUFFIXES = (".tif", ".tiff", ".png")


@contextmanager
def about(path: Path) -> Iterator[None]:
    """Name the file in complaints that do not know it."""
    try:
        yield
    except SketchcellError as error:
        raise SketchcellError(f"{path}: {error}") from error


def checked_image(path: Path) -> tuple[NDArray[Any], int, tuple[int, int]]:
    """Read an image that a network can take.

    Returns
    -------
    The image as stored, its number of channels, its height and width.
    """
    image = read_image(path)
    with about(path):
        channels, height, width = as_channels(image).shape
    return image, channels, (height, width)


def read_training_set(
    images: Sequence[Path], sketches: Sequence[Path], boundaries: Sequence[Path]
) -> tuple[list[NDArray[Any]], list[Sketch]]:
    """Read images with their sketches and check that they fit together.

    Raises
    ------
    SketchcellError
        For the first thing that is wrong.
    """
    from sketchcell.sketch import Sketch, require_trainable

    if len(sketches) != len(images):
        raise SketchcellError(
            f"There are {len(images)} image(s) and {len(sketches)} sketch(es); give one sketch for each "
            "image."
        )
    if boundaries and len(boundaries) != len(images):
        raise SketchcellError(
            f"There are {len(images)} image(s) and {len(boundaries)} boundary mask(s); give one for each "
            "image or none."
        )
    found, drawn = [], []
    first_channels = None
    for index, path in enumerate(images):
        image, channels, shape = checked_image(path)
        first_channels = channels if first_channels is None else first_channels
        if channels != first_channels:
            raise SketchcellError(
                f"{path} has {channels} channel(s) and {images[0]} has {first_channels}; train on one kind "
                "of image."
            )
        labels = read_labels(sketches[index])
        mask = read_mask(boundaries[index]) if boundaries else None
        for layer, name in ((labels, sketches[index]), (mask, boundaries[index] if boundaries else None)):
            if layer is not None and layer.shape != shape:
                raise SketchcellError(
                    f"{name} has {layer.shape[0]} × {layer.shape[1]} pixels and {path} has {shape[0]} × "
                    f"{shape[1]}; they must be equal."
                )
        with about(sketches[index]):
            drawn.append(Sketch(labels, mask))
        found.append(image)
    require_trainable(drawn)
    return found, drawn


def label_files(path: Path) -> dict[str, Path]:
    """Return the label images in a folder by their stems.

    Raises
    ------
    SketchcellError
        If there are none, or two have the same stem.
    """
    files: dict[str, Path] = {}
    for file in sorted(path.iterdir()):
        if file.suffix.lower() not in LABEL_SUFFIXES or file.name.startswith("."):
            continue
        if file.stem in files:
            raise SketchcellError(
                f"{files[file.stem]} and {file} have the same name; keep one of them in the folder."
            )
        files[file.stem] = file
    if not files:
        raise SketchcellError(f"{path} holds no label images ({', '.join(LABEL_SUFFIXES)}).")
    return files
