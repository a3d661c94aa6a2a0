"""ONNX files."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from sketchcell.errors import SketchcellError
from sketchcell.export.building import program
from sketchcell.export.content import KEY, Content
from sketchcell.export.libraries import quiet, require
from sketchcell.export.report import Runner

OPSET = 18
"""The first with all that a graph is made of (`ScatterElements` with a maximum)."""


def write_onnx(path: Path, content: Content) -> None:
    """Write an ONNX file that describes itself in its metadata, under ``sketchcell``.

    Raises
    ------
    SketchcellError
        When a library is missing, or torch cannot translate the graph.
    """
    onnx = require("onnx", "ONNX")
    require("onnxscript", "ONNX")
    made = program(content)
    with quiet():
        try:
            translated = torch.onnx.export(
                made,
                dynamo=True,
                opset_version=OPSET,
                input_names=["image"],
                output_names=list(content.outputs),
                verbose=False,
            )
        except RuntimeError as error:
            raise SketchcellError(
                f"torch {torch.__version__} cannot translate this model's graph to ONNX; export it as "
                "TorchScript."
            ) from error
    assert translated is not None
    proto = translated.model_proto
    _name_sizes(proto)
    onnx.helper.set_model_props(proto, {KEY: content.metadata(), "maps": ",".join(content.channels)})
    proto.producer_name = KEY
    path.write_bytes(proto.SerializeToString())
    onnx.checker.check_model(str(path), full_check=True)


@contextmanager
def run_onnx(path: Path) -> Iterator[Runner]:
    """Load an ONNX file in onnxruntime, on the processor."""
    onnxruntime = require("onnxruntime", "ONNX")
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])

    def run(image: NDArray[np.float32]) -> tuple[NDArray[Any], ...]:
        return tuple(output[0] for output in session.run(None, {"image": image[None]}))

    yield run


def _name_sizes(proto: Any) -> None:
    """Call height and width so, instead of by the names that torch invents."""
    del proto.graph.value_info[:]
    for value in (*proto.graph.input, *proto.graph.output):
        for place, name in ((2, "height"), (3, "width")):
            size = value.type.tensor_type.shape.dim[place]
            size.Clear()
            size.dim_param = name
