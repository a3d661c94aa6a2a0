"""The command line: ``sketchcell COMMAND …``, one module a command.

Exit codes: 0 done, 2 a mistake that the user can mend (one sentence on stderr), 3 some of many images failed,
130 stopped by Ctrl-C.
"""

from __future__ import annotations

import argparse
import io
import os
import sys
from collections.abc import Sequence
from importlib import import_module
from types import ModuleType

from sketchcell.cli.parser import Parser, VersionAction
from sketchcell.errors import SketchcellError

# Command: module, and what it does in one line. Only the chosen one is imported, so that help comes at once.
_COMMANDS = {
    "demo": ("demo", "the main job on a sample: train on its strokes, segment, measure"),
    "train": ("train", "learn a model from images and sketches"),
    "segment": ("segment", "find the cells of images with a model"),
    "export": ("export", "write a model for other programs: BioImage.IO, ONNX, TorchScript"),
    "distill": ("distill", "teach a small network what a large model says"),
    "evaluate": ("evaluate", "compare segmented cells with a ground truth"),
    "measure": ("measure", "write a table with one row a cell"),
    "convert": ("convert", "write labels for QuPath, ImageJ, COCO tools or as OME-Zarr"),
    "simulate": ("simulate", "draw a sketch from a ground truth, as a person would"),
    "families": ("listing", "list the model families"),
    "networks": ("listing", "list the networks"),
    "models": ("models", "list pretrained networks, tell about one, download it"),
}


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command.

    Parameters
    ----------
    argv
        Words after the program's name; those of the process when omitted.

    Returns
    -------
    The exit code.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # Consoles of small character sets show × as ? instead of failing.
            stream.reconfigure(errors="replace")
    # Before torch is loaded: threads that spin while they wait cost most of the speed on a busy computer.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    words = list(sys.argv[1:] if argv is None else argv)
    try:
        return _run(words)
    except SketchcellError as error:
        print(f"sketchcell: {error}", file=sys.stderr)
        return 2
    except MemoryError:
        print("sketchcell: There is not enough memory; give smaller images.", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("sketchcell: Stopped.", file=sys.stderr)
        return 130
    except BrokenPipeError:
        # The reader of our output has gone; the interpreter's own flush at exit must not complain.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1


def _run(words: list[str]) -> int:
    chosen = next((word for word in words if not word.startswith("-")), None)
    parser = Parser(
        prog="sketchcell",
        description="Paint a few strokes on your image; a network learns from them, and the cells appear.",
        epilog="`sketchcell COMMAND --help` tells more about a command.",
    )
    parser.add_argument("--version", action=VersionAction)
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    module: ModuleType | None = None
    for name, (module_name, line) in _COMMANDS.items():
        command = commands.add_parser(name, help=line, description=line[0].upper() + line[1:] + ".")
        if name == chosen:
            module = import_module(f"sketchcell.cli.{module_name}")
            module.add_arguments(command)
    arguments = parser.parse_args(words, argparse.Namespace(words=words))
    if module is None:
        raise SketchcellError("Say what to do: see `sketchcell --help`.")
    code: int = module.run(arguments)
    sys.stdout.flush()
    return code
