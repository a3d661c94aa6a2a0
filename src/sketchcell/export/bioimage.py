"""BioImage.IO packages: a model with weights for several programs, a description, and tensors to test it."""

from __future__ import annotations

import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import tifffile
import torch
from numpy.typing import NDArray

from sketchcell.errors import SketchcellError
from sketchcell.export.about import Author
from sketchcell.export.checking import crops
from sketchcell.export.content import KEY, Content
from sketchcell.export.documentation import documentation
from sketchcell.export.libraries import quiet, require
from sketchcell.export.onnx_file import OPSET, write_onnx
from sketchcell.export.report import Runner
from sketchcell.export.torch_files import run_torchscript, write_torchscript
from sketchcell.images import write_png
from sketchcell.measure import overlay

_SMALLEST = 16  # pixels of a side that others may give
_EPS = 1e-6  # that the specification adds to the span of intensities; no 0 is allowed

_WEIGHTS = {"torchscript": "model.pt", "onnx": "model.onnx"}


def write_bioimage(path: Path, content: Content) -> None:
    """Write a package, which nothing is downloaded for.

    Raises
    ------
    SketchcellError
        When a library is missing, or the specification does not allow what the model is.
    """
    spec = require("bioimageio.spec", "a BioImage.IO package")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        _fill(folder, content)
        with quiet():
            try:
                with spec.ValidationContext(root=folder, perform_io_checks=True):
                    description = _description(content)
                spec.save_bioimageio_package(description, output_path=path)
            except ValueError as error:
                raise SketchcellError(f"This is no valid BioImage.IO package: {_first(error)}.") from error


@contextmanager
def run_bioimage(path: Path, weights: str) -> Iterator[Runner]:
    """Test a package as its makers do, and load it.

    Parameters
    ----------
    path
        Of the package.
    weights
        Which of those in it are run.

    Raises
    ------
    SketchcellError
        When the package does not pass.
    """
    core = require("bioimageio.core", "a BioImage.IO package")
    # unpacked: bioimageio leaves packages open, and a file that is open cannot be renamed everywhere
    with tempfile.TemporaryDirectory() as folder:
        with quiet():
            with zipfile.ZipFile(path) as package:
                package.extractall(folder)
            source = Path(folder) / "rdf.yaml"
            _pass(core.test_model(source, weight_format=weights, devices=["cpu"]))
            description = core.load_model_description(source)
            pipeline = core.create_prediction_pipeline(description, weight_format=weights, devices=["cpu"])

        def run(image: NDArray[np.float32]) -> tuple[NDArray[Any], ...]:
            with quiet():
                sample = core.predict(model=pipeline, inputs={"image": image[None]}, skip_preprocessing=True)
            return tuple(np.asarray(found.data.data)[0] for found in sample.members.values())

        yield run


def _pass(summary: Any) -> None:
    if summary.status != "passed":
        wrong = [error.msg for detail in summary.details for error in detail.errors]
        raise SketchcellError(
            f"The export was thrown away: it does not pass bioimageio.core's test ({'; '.join(wrong)[:300]})."
        )


def _fill(folder: Path, content: Content) -> None:
    """Write the package's files, all but the description."""
    write_torchscript(folder / _WEIGHTS["torchscript"], content)
    write_onnx(folder / _WEIGHTS["onnx"], content)
    for name, data in content.files.items():
        (folder / name).write_bytes(data)
    image = crops(content)[0]
    given = content.model.config.normalization.apply(image) if content.normalised else image
    np.save(folder / "test_image.npy", (image if _scales(content) else given)[None])
    with run_torchscript(folder / _WEIGHTS["torchscript"]) as run:
        outputs = run(given)
    for name, output in zip(content.outputs, outputs, strict=True):
        np.save(folder / f"test_{name}.npy", output[None])
    tifffile.imwrite(folder / "sample_image.tif", image)
    labels = content.model.segment(image)
    write_png(folder / "cover.png", overlay(image, labels))
    (folder / "README.md").write_text(documentation(content, int(labels.max())), encoding="utf-8")


def _description(content: Content) -> Any:
    v0_5 = require("bioimageio.spec.model.v0_5", "a BioImage.IO package")
    about = content.about
    authors = [_author(v0_5, author) for author in about.authors]
    return v0_5.ModelDescr(
        name=about.title,
        description=about.description or f"Cells by the family '{content.model.family.name}' of sketchcell.",
        authors=authors,
        license=about.licence,
        cite=[v0_5.CiteEntry(text=about.citation or about.title, doi=about.doi)] if about.doi else [],
        tags=sorted({"segmentation", "2d", "cells", KEY, *about.tags}),
        documentation=_file(v0_5, "README.md"),
        covers=[_file(v0_5, "cover.png")],
        attachments=[_file(v0_5, name) for name in content.files],
        inputs=[_input(v0_5, content)],
        outputs=[_output(v0_5, content, name) for name in content.outputs],
        weights=v0_5.WeightsDescr(
            torchscript=v0_5.TorchscriptWeightsDescr(
                source=_WEIGHTS["torchscript"],
                pytorch_version=v0_5.Version(torch.__version__.partition("+")[0]),
            ),
            onnx=v0_5.OnnxWeightsDescr(source=_WEIGHTS["onnx"], opset_version=OPSET),
        ),
        config=v0_5.Config(**{KEY: content.described()}),
    )


def _input(v0_5: Any, content: Content) -> Any:
    normalization = content.model.config.normalization
    steps = [v0_5.EnsureDtypeDescr(kwargs=v0_5.EnsureDtypeKwargs(dtype="float32"))]
    if _scales(content):
        percentiles = v0_5.ScaleRangeKwargs(
            axes=("y", "x"), min_percentile=normalization.low, max_percentile=normalization.high, eps=_EPS
        )
        steps.append(v0_5.ScaleRangeDescr(kwargs=percentiles))
    names = [f"channel{number}" for number in range(content.model.config.image_channels)]
    return v0_5.InputTensorDescr(
        id=v0_5.TensorId("image"),
        description="One plane; before the network, "
        + (content.described()["input"]["intensities"] if content.normalised else "nothing needs be done"),
        axes=[
            v0_5.BatchAxis(size=1),
            v0_5.ChannelAxis(channel_names=names),
            *(
                v0_5.SpaceInputAxis(id=name, size=v0_5.ParameterizedSize(min=_SMALLEST, step=1))
                for name in ("y", "x")
            ),
        ],
        test_tensor=_file(v0_5, "test_image.npy"),
        sample_tensor=_file(v0_5, "sample_image.tif"),
        data=v0_5.IntervalOrRatioDataDescr(type="float32"),
        preprocessing=steps,
    )


def _scales(content: Content) -> bool:
    """Tell whether the package's own first step normalises, on the whole image, before it is parted."""
    return content.normalised and not content.model.config.normalization.clahe


def _output(v0_5: Any, content: Content, name: str) -> Any:
    labels = name == "labels"
    return v0_5.OutputTensorDescr(
        id=v0_5.TensorId(name),
        description="Instance labels, 0 = background" if labels else "The network's maps",
        axes=[
            v0_5.BatchAxis(size=1),
            v0_5.ChannelAxis(channel_names=["labels"] if labels else list(content.channels)),
            *(
                v0_5.SpaceOutputAxis(
                    id=axis, size=v0_5.SizeReference(tensor_id=v0_5.TensorId("image"), axis_id=axis)
                )
                for axis in ("y", "x")
            ),
        ],
        test_tensor=_file(v0_5, f"test_{name}.npy"),
        data=v0_5.IntervalOrRatioDataDescr(type="int32" if labels else "float32"),
    )


def _author(v0_5: Any, author: Author) -> Any:
    return v0_5.Author(
        name=author.name,
        affiliation=author.affiliation,
        orcid=None if author.orcid is None else v0_5.OrcidId(author.orcid),
    )


def _file(v0_5: Any, name: str) -> Any:
    return v0_5.FileDescr(source=name)


def _first(error: ValueError) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return ": ".join(lines[1:3])[:300] or str(error)[:300]
