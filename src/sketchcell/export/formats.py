"""What a model can be exported as."""

from __future__ import annotations

from dataclasses import dataclass

from sketchcell.errors import SketchcellError


@dataclass(frozen=True)
class Format:
    """A format that other programs read.

    Attributes
    ----------
    name, title
        The word for it, and what it is in one line.
    suffix
        Of its files.
    needs
        Fields of `About` that must be given.
    libraries
        Modules beside torch that write and check it.
    decoder
        Whether it can hold a decoder.
    """

    name: str
    title: str
    suffix: str
    needs: tuple[str, ...] = ()
    libraries: tuple[str, ...] = ()
    decoder: bool = True


FORMATS: dict[str, Format] = {
    one.name: one
    for one in (
        Format(
            "bioimageio",
            "BioImage.IO package: for the model zoo, deepImageJ, ilastik, QuPath and sketchcell itself",
            ".zip",
            ("title", "authors", "licence"),
            ("bioimageio.core", "onnx", "onnxscript", "onnxruntime"),
        ),
        Format(
            "onnx",
            "ONNX: for onnxruntime, in any language",
            ".onnx",
            libraries=("onnx", "onnxscript", "onnxruntime"),
        ),
        Format(
            "torchscript", "TorchScript: for torch in Python, C++ and Java (PyTorch calls it legacy)", ".pt"
        ),
        Format(
            "pt2",
            "torch.export program: for torch in Python, the successor of TorchScript",
            ".pt2",
            decoder=False,
        ),
    )
}


def get_format(name: str) -> Format:
    """Return a format by name.

    Raises
    ------
    SketchcellError
        When there is none of that name.
    """
    if name not in FORMATS:
        raise SketchcellError(f"There is no format '{name}'; choose from {', '.join(FORMATS)}.")
    return FORMATS[name]
