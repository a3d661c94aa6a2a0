"""From a model to the graphs that formats keep."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from sketchcell.errors import SketchcellError
from sketchcell.export.content import Content
from sketchcell.export.decoder import LabelsGraph
from sketchcell.export.graph import Graph, core_of
from sketchcell.export.libraries import quiet

_EXAMPLE = (101, 75)  # pixels: no multiple of a stride, so that no size is taken for granted


def scripted(content: Content) -> Any:
    """Return the graph as TorchScript.

    Raises
    ------
    SketchcellError
        When torch cannot make it.
    """
    core = core_of(content.model)
    channels, stride = content.model.config.image_channels, content.model.network.stride
    with quiet(), torch.no_grad():
        try:
            # the network by what it does to an example, sizes and all that depends on them by its source
            example = torch.zeros(1, channels, 8 * stride, 8 * stride)
            traced = torch.jit.trace(core, example, check_trace=False)  # type: ignore[no-untyped-call]
            return torch.jit.script(_graph(content, traced))
        except (RuntimeError, NotImplementedError) as error:
            raise _impossible(content, "TorchScript") from error


def program(content: Content) -> torch.export.ExportedProgram:
    """Return the graph as torch.export makes it, for any height and width.

    Raises
    ------
    SketchcellError
        When torch cannot make it.
    """
    image = torch.rand(1, content.model.config.image_channels, *_EXAMPLE)
    sizes = {2: torch.export.Dim.DYNAMIC, 3: torch.export.Dim.DYNAMIC}
    with quiet(), torch.no_grad():
        try:
            graph = _graph(content, core_of(content.model))
            return torch.export.export(graph, (image,), dynamic_shapes=(sizes,), strict=False)
        except (RuntimeError, ValueError, ImportError) as error:
            raise _impossible(content, "a torch.export program") from error


def _graph(content: Content, core: nn.Module) -> nn.Module:
    graph = Graph(core, content.model, not content.normalised)
    return (LabelsGraph(graph, content.model) if content.decoder else graph).eval()


def _impossible(content: Content, what: str) -> SketchcellError:
    return SketchcellError(
        f"torch {torch.__version__} cannot make {what} of the network '{content.model.config.network}'; "
        "choose another format."
    )


def split(outputs: Tensor | tuple[Tensor, ...]) -> tuple[Tensor, ...]:
    """Return a graph's outputs as a tuple."""
    return (outputs,) if isinstance(outputs, Tensor) else tuple(outputs)
