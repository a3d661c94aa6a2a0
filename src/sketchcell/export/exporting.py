"""Exporting: a model becomes a file of another format, checked before it takes its name."""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from sketchcell.errors import SketchcellError
from sketchcell.export.about import About, check_about
from sketchcell.export.bioimage import run_bioimage, write_bioimage
from sketchcell.export.checking import crops, tried
from sketchcell.export.content import Content
from sketchcell.export.existing import claim
from sketchcell.export.formats import Format, get_format
from sketchcell.export.libraries import require
from sketchcell.export.onnx_file import run_onnx, write_onnx
from sketchcell.export.report import Loader, Report, Runner, Trial
from sketchcell.export.torch_files import run_program, run_torchscript, write_program, write_torchscript
from sketchcell.images import as_channels, check_writable
from sketchcell.inference import Progress, drain
from sketchcell.model import Model, encode_model, model_from_files
from sketchcell.networks import full_precision, mixed_precision
from sketchcell.samples import load_sample


@dataclass(frozen=True)
class _Way:
    """How a format is written, and what it is run with."""

    write: Callable[[Path, Content], None]
    runtimes: tuple[tuple[str, Loader], ...]


_WAYS = {
    "bioimageio": _Way(
        write_bioimage,
        (
            ("bioimageio.core (torchscript)", lambda path: run_bioimage(path, "torchscript")),
            ("bioimageio.core (onnx)", lambda path: run_bioimage(path, "onnx")),
        ),
    ),
    "onnx": _Way(write_onnx, (("onnxruntime", run_onnx),)),
    "torchscript": _Way(write_torchscript, (("torch.jit", run_torchscript),)),
    "pt2": _Way(write_program, (("torch.export", run_program),)),
}


def export(
    model: Model,
    path: str | os.PathLike[str],
    format: str,
    about: About | None = None,
    image: NDArray[np.generic] | None = None,
    *,
    decoder: bool = False,
    normalised: bool = False,
    overwrite: bool = False,
) -> Report:
    """Export a model; blocks until it is written and checked. See `exporting`."""
    steps = exporting(
        model, path, format, about, image, decoder=decoder, normalised=normalised, overwrite=overwrite
    )
    return drain(steps)


def exporting(
    model: Model,
    path: str | os.PathLike[str],
    format: str,
    about: About | None = None,
    image: NDArray[np.generic] | None = None,
    *,
    decoder: bool = False,
    normalised: bool = False,
    overwrite: bool = False,
) -> Generator[Progress, None, Report]:
    """Export a model, and run the export on two images beside the model itself.

    The file takes its name only if its maps are those of the model; otherwise nothing is left behind.

    Parameters
    ----------
    model
        To export; it stays as it is.
    path
        Of the file.
    format
        A name in `FORMATS`.
    about
        What others should know; a BioImage.IO package must have title, authors and licence.
    image
        To check with, and to show in a package; with the channels that the model learned from. None: a
        sample.
    decoder
        Whether the graph finds instances too (`flow` only): a second output, ``labels``.
    normalised
        Whether the graph takes images that are normalised already; needed to predict parts of large images.
        A model that evens out the light (CLAHE) always does.
    overwrite
        Whether a file may be replaced that is not an export of ours.

    Yields
    ------
    Progress
        After each step.

    Returns
    -------
    Report

    Raises
    ------
    SketchcellError
        When something is missing or wrong, the format cannot hold this model, or the check fails.
    """
    kind = get_format(format)
    about = check_about(about, kind.needs)
    target = Path(os.path.realpath(path))
    claim(target, kind, overwrite)
    check_writable(target.parent)
    for library in kind.libraries:
        require(library, kind.name)
    if decoder and not kind.decoder:
        raise SketchcellError(
            f"torch {torch.__version__} cannot save a decoder, which has loops, as {kind.suffix}; choose "
            "another format, or export the maps alone."
        )
    way = _WAYS[kind.name]
    total = 2 + 2 * len(way.runtimes)
    yield Progress(0, total, f"writing {kind.suffix}")
    content = _content(model, about, image, decoder, normalised)
    unfinished = target.with_name(f".{secrets.token_hex(8)}{kind.suffix}")
    try:
        _write(way, unfinished, content)
        trials: list[Trial] = []
        for name, load in way.runtimes:
            yield Progress(1 + len(trials), total, f"checking in {name}")
            with _loaded(load, unfinished, name) as run:
                for picture in crops(content):
                    trials.append(tried(content, run, _named(name), picture))
                    yield Progress(1 + len(trials), total, f"checking in {name}")
        report = Report(target, kind.name, unfinished.stat().st_size, tuple(trials), _notes(content, kind))
        unfinished.replace(target)
    except OSError as error:
        raise SketchcellError(f"{path} cannot be written: {error.strerror or error}.") from error
    finally:
        unfinished.unlink(missing_ok=True)
    yield Progress(total, total, "done")
    return report


def _content(
    model: Model, about: About, image: NDArray[np.generic] | None, decoder: bool, normalised: bool
) -> Content:
    files = encode_model(model)
    wanted = model.config.image_channels
    channels = _sample(wanted) if image is None else as_channels(image)
    if channels.shape[0] != wanted:
        raise SketchcellError(
            f"The model learned from images with {wanted} channel(s), the image to check with has "
            f"{channels.shape[0]}; give one of the same kind."
        )
    normalised = normalised or model.config.normalization.clahe
    return Content(model_from_files(files), files, about, channels, decoder, normalised)


def _sample(channels: int) -> NDArray[np.float32]:
    image = as_channels(load_sample("he" if channels == 3 else "nuclei").image)
    return np.ascontiguousarray(np.resize(image, (channels, *image.shape[1:])))


def _write(way: _Way, unfinished: Path, content: Content) -> None:
    way.write(unfinished, content)
    with unfinished.open("rb+") as file:
        os.fsync(file.fileno())
    unfinished.chmod(0o644)


@contextmanager
def _loaded(load: Loader, path: Path, name: str) -> Iterator[Runner]:
    loading = load(path)
    try:
        run = loading.__enter__()
    except SketchcellError:
        raise
    except Exception as error:  # each runtime has its own kinds
        raise SketchcellError(
            f"The export was thrown away: {name} cannot open it ({str(error).splitlines()[0][:200]})."
        ) from error
    try:
        yield run
    finally:
        loading.__exit__(None, None, None)


def _named(runtime: str) -> str:
    """Add a runtime's version."""
    library, _, rest = runtime.partition(" ")
    if library.startswith("torch"):
        return f"{runtime} {torch.__version__}"
    version: Any = require(library, runtime).__version__
    return f"{library} {version} {rest}".rstrip()


def _notes(content: Content, kind: Format) -> tuple[str, ...]:
    notes = []
    model = content.model
    if mixed_precision(torch.device("cpu")):
        picture = model.config.normalization.apply(crops(content)[0])
        usual = drain(model.predicting_normalized(picture)).values
        with full_precision():
            exact = drain(model.predicting_normalized(picture)).values
        notes.append(
            "The check is in float32. On this processor sketchcell itself calculates in bfloat16, which is "
            f"faster: its own maps differ from these by up to {np.abs(usual - exact).max():.1e}."
        )
    if content.normalised and (kind.name != "bioimageio" or model.config.normalization.clahe):
        normalization = model.config.normalization
        contrast = ", followed by CLAHE" if normalization.clahe else ""
        notes.append(
            "Its input must be normalised: of each channel of the whole image percentile "
            f"{normalization.low:g} made 0 and {normalization.high:g} made 1{contrast}."
        )
    return tuple(notes)
