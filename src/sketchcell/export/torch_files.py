"""TorchScript files, and torch.export programs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from sketchcell.errors import SketchcellError
from sketchcell.export.building import program, scripted, split
from sketchcell.export.content import KEY, Content
from sketchcell.export.libraries import quiet
from sketchcell.export.report import Runner

_NAME = f"{KEY}.json"


def write_torchscript(path: Path, content: Content) -> None:
    """Write a TorchScript file that describes itself in ``sketchcell.json``."""
    module = scripted(content)
    with quiet():
        torch.jit.save(module, path, _extra_files={_NAME: content.metadata().encode()})


def write_program(path: Path, content: Content) -> None:
    """Write a torch.export program that describes itself in ``sketchcell.json``.

    Raises
    ------
    SketchcellError
        When torch cannot.
    """
    made = program(content)
    with quiet(), path.open("wb") as file:
        try:
            torch.export.save(made, file, extra_files={_NAME: content.metadata()})
        except RuntimeError as error:
            raise SketchcellError(
                f"torch {torch.__version__} cannot save this model's program; export it as TorchScript."
            ) from error


@contextmanager
def run_torchscript(path: Path) -> Iterator[Runner]:
    """Load a TorchScript file."""
    with quiet(), path.open("rb") as file:
        module = torch.jit.load(file, map_location="cpu")  # type: ignore[no-untyped-call]
    yield _runner(module)


@contextmanager
def run_program(path: Path) -> Iterator[Runner]:
    """Load a torch.export program."""
    with quiet(), path.open("rb") as file:
        module = torch.export.load(file).module()
    yield _runner(module)


def _runner(module: torch.nn.Module) -> Runner:
    def run(image: NDArray[np.float32]) -> tuple[NDArray[Any], ...]:
        with quiet(), torch.inference_mode():
            outputs = module(torch.from_numpy(image)[None])
        return tuple(output[0].numpy() for output in split(outputs))

    return run
