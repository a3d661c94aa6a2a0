"""Reading a model from a BioImage.IO package that this program made.

Of a package only our own two files are read, into memory: nothing is unpacked, and no weights but
safetensors, which hold no code, are looked at.
"""

from __future__ import annotations

import zipfile
import zlib
from pathlib import Path

from sketchcell.errors import SketchcellError

CONFIG, WEIGHTS = "config.json", "weights.safetensors"
_LARGEST = {CONFIG: 2**20, WEIGHTS: 4 * 2**30}  # bytes
_DENSEST = 50  # times that weights can be compressed; numbers hardly can
_MOST_FILES = 10_000
_KINDS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)


def is_package(path: Path) -> bool:
    """Tell whether a file is a package with a model of ours."""
    try:
        with zipfile.ZipFile(path) as archive:
            return {CONFIG, WEIGHTS} <= set(archive.namelist())
    except (OSError, ValueError, zipfile.BadZipFile):
        return False


def read_package(path: Path) -> dict[str, bytes]:
    """Return the files of a model folder that a package holds, by name.

    Raises
    ------
    SketchcellError
        When it is no package of ours, is damaged, or holds what no model is.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            records = archive.infolist()
            if len(records) > _MOST_FILES:
                raise SketchcellError(f"'{path}' holds {len(records)} files, as no model does.")
            return {name: _read(path, archive, records, name) for name in (CONFIG, WEIGHTS)}
    except SketchcellError:
        raise
    except OSError as error:
        raise SketchcellError(f"The model '{path}' cannot be read: {error.strerror or error}.") from error
    except (zipfile.BadZipFile, zlib.error, ValueError, EOFError, RuntimeError, NotImplementedError) as error:
        raise SketchcellError(
            f"'{path}' is not a model: it is no model folder, and no BioImage.IO package or a damaged one."
        ) from error


def _read(path: Path, archive: zipfile.ZipFile, records: list[zipfile.ZipInfo], name: str) -> bytes:
    found = [record for record in records if record.filename == name]
    if not found:
        raise SketchcellError(
            f"'{path}' was not exported by sketchcell: there is no {name} in it. Only packages of our own "
            "can be opened."
        )
    record, largest = found[0], _LARGEST[name]
    strange = (
        len(found) > 1
        or record.flag_bits & 0x1  # encrypted
        or record.compress_type not in _KINDS
        or record.file_size > largest
        or record.file_size > _DENSEST * max(record.compress_size, 2**16)
    )
    if strange:
        raise SketchcellError(f"'{path}' is not opened: its {name} is not as sketchcell writes it.")
    with archive.open(record) as file:
        data = file.read(record.file_size + 1)  # what the index says may be a lie
    if len(data) != record.file_size:
        raise SketchcellError(f"'{path}' is damaged: its {name} is not as large as it should be.")
    return data
