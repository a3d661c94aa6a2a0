"""Torch files, judged before anything in them is loaded: numbers are welcome, programs are not."""

from __future__ import annotations

import io
import pickletools
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

import torch

from sketchcell.errors import SketchcellError

ZIP = b"PK\x03\x04"
LEGACY = b"\x80\x02\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19."  # torch before 1.6: a pickle of its magic number first
_LEGACY_PICKLES = 5  # magic number, version, system, the object, names of its storages
_MOST_RECORDS = 100_000
_LARGEST_INDEX = 32 * 2**20  # bytes of the pickle that says what the records are

# What a dictionary of tensors, and the plain values beside it, are made of. Shorter than torch's own list: no
# byte arrays, which can ask for any amount of memory, and no tensors without or beyond their storage.
_HARMLESS = {
    "collections.OrderedDict",
    "collections.Counter",
    "collections.defaultdict",
    "builtins.set",
    "builtins.complex",
    "builtins.dict",
    "__builtin__.set",
    "torch.Size",
    "torch.device",
    "torch._utils._rebuild_tensor",
    "torch._utils._rebuild_tensor_v2",
    "torch._utils._rebuild_parameter",
    "torch._utils._rebuild_parameter_with_state",
    "torch.nn.parameter.Parameter",
    "torch.storage.TypedStorage",
    "torch.storage.UntypedStorage",
    "torch.BFloat16Storage",
    "torch.BoolStorage",
    "torch.ByteStorage",
    "torch.CharStorage",
    "torch.ComplexDoubleStorage",
    "torch.ComplexFloatStorage",
    "torch.DoubleStorage",
    "torch.FloatStorage",
    "torch.HalfStorage",
    "torch.IntStorage",
    "torch.LongStorage",
    "torch.ShortStorage",
}


def read_torch_file(path: Path) -> Any:
    """Return what a torch file holds, as far as it is tensors and plain values.

    Parameters
    ----------
    path
        Of a file that begins with `ZIP` or `LEGACY`.

    Returns
    -------
    Nested dictionaries, lists, tensors on the CPU, strings and numbers.

    Raises
    ------
    SketchcellError
        When it is damaged, would need code to be run, or is not what torch writes.
    """
    sizes: set[int] | None = None
    with path.open("rb") as file:
        if file.read(len(ZIP)) == ZIP:
            sizes = _check_archive(path, file)
        else:
            file.seek(0)
            _check_pickles(path, file, _LEGACY_PICKLES)
    try:
        with path.open("rb") as file:  # given a name, torch would go by its ending
            loaded = torch.load(file, map_location="cpu", weights_only=True)
    except Exception as error:  # in what a damaged file says, torch stumbles over anything
        raise _damaged(path) from error
    for tensor in _tensors(loaded):
        # older torch takes the index's word for the size of a record
        if sizes is not None and tensor.untyped_storage().nbytes() not in sizes:
            raise _damaged(path)
    return loaded


def _check_archive(path: Path, file: BinaryIO) -> set[int]:
    """Refuse an archive that torch did not write; return the sizes of its records, in bytes."""
    length = path.stat().st_size
    try:
        with zipfile.ZipFile(file) as archive:
            records = archive.infolist()
            names = [record.filename for record in records]
            if any(name.endswith(".npy") for name in names):
                raise SketchcellError(
                    f"'{path}' holds NumPy arrays, not weights; give a .safetensors or torch file."
                )
            if any(name.endswith((".h5", ".keras")) for name in names):
                raise SketchcellError(
                    f"'{path}' is a Keras model, which is not supported; give weights for PyTorch."
                )
            index = [name for name in names if name.endswith("data.pkl")]
            if any(name.endswith("constants.pkl") or "/code/" in name for name in names):
                raise SketchcellError(
                    f"'{path}' is a TorchScript program, not weights; in the program that made it, save "
                    "torch.jit.load(...).state_dict() with torch.save and import that file."
                )
            if len(index) != 1:
                raise SketchcellError(
                    f"'{path}' is a zip archive but no torch file; if weights are in it, unpack it and "
                    "import them."
                )
            top = index[0].removesuffix("data.pkl")
            strange = (
                len(records) > _MOST_RECORDS
                or len(set(names)) != len(names)
                or any(
                    not name.startswith(top)
                    or name.startswith("/")
                    or "\\" in name
                    or ".." in name.split("/")
                    for name in names
                )
                or any(record.compress_type != zipfile.ZIP_STORED for record in records)
                or any(record.flag_bits & 0x1 for record in records)  # encrypted
                or sum(record.file_size for record in records) > length
                or archive.getinfo(index[0]).file_size > _LARGEST_INDEX
            )
            if strange:
                raise SketchcellError(
                    f"'{path}' is not as torch writes its files, so it is not opened; load it in the program "
                    "it is from and save it again with torch.save."
                )
            _check_pickles(path, io.BytesIO(archive.read(index[0])), 1)
            return {record.file_size for record in records} | {0}
    except SketchcellError:
        raise
    except Exception as error:  # zipfile raises several kinds, and more for damaged names and sizes
        raise _damaged(path) from error


def _check_pickles(path: Path, file: BinaryIO, count: int) -> None:
    """Refuse pickles that name anything but what `_HARMLESS` lists; nothing is executed for it."""
    for _ in range(count):
        try:
            for name in _named(file):
                if name not in _HARMLESS:
                    raise SketchcellError(
                        f"'{path}' holds a program's object ({name[:80]}), which could run code when it is "
                        "opened; in the program that wrote it, save its numbers alone with "
                        "torch.save(model.state_dict(), 'weights.pt') and import that file."
                    )
        except SketchcellError:
            raise
        except Exception as error:
            raise _damaged(path) from error


def _named(file: BinaryIO) -> Iterator[str]:
    """Yield the classes and functions that a pickle asks for, with their modules."""
    for code, argument, _ in pickletools.genops(file):
        if code.name == "GLOBAL":
            yield str(argument).replace(" ", ".")
        elif code.name in ("STACK_GLOBAL", "INST", "EXT1", "EXT2", "EXT4"):
            # nothing that torch writes; weights_only refuses them too
            yield str(argument).replace(" ", ".") if argument else "of a newer kind of pickle"


def _tensors(value: Any) -> Iterator[torch.Tensor]:
    seen: set[int] = set()
    rest = [value]
    while rest:
        value = rest.pop()
        if id(value) in seen:
            continue
        seen.add(id(value))
        if isinstance(value, torch.Tensor):
            yield value
        elif isinstance(value, dict):
            rest.extend(value.values())
        elif isinstance(value, (list, tuple)):
            rest.extend(value)


def _damaged(path: Path) -> SketchcellError:
    return SketchcellError(f"'{path}' is damaged or cut off; get another copy of it.")
