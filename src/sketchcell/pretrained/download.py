"""The cache of pretrained networks: what is there, and how it gets there."""

from __future__ import annotations

import hashlib
import os
import shutil
import zipfile
from collections.abc import Generator
from pathlib import Path
from urllib.parse import urlsplit

from sketchcell.errors import SketchcellError
from sketchcell.inference.progress import Progress, drain
from sketchcell.pretrained.catalogue import CATALOGUE, Pretrained
from sketchcell.pretrained.transfer import DiskFullError, UnreachableError, fetch

CACHE_VARIABLE = "SKETCHCELL_CACHE"
_SPARE = 50_000_000  # bytes that stay free on the disk
_BLOCK = 2**20


def cache_folder() -> Path:
    """Return where downloads are kept: ``SKETCHCELL_CACHE``, or the user's cache folder of this system."""
    import pooch

    chosen = os.environ.get(CACHE_VARIABLE)
    return Path(chosen).expanduser() if chosen else Path(pooch.os_cache("sketchcell"))


def local_file(entry: Pretrained) -> Path:
    """Return where a network's weights are, or will be."""
    if entry.shipped is not None:
        return Path(__file__).parents[1] / entry.shipped
    return cache_folder() / f"{entry.name}.pth"


def is_here(entry: Pretrained) -> bool:
    """Tell whether a network can be used without a connection."""
    return local_file(entry).exists()


def download(entry: Pretrained) -> Path:
    """Return a network's weights, downloaded if they are not there; see `downloading`."""
    return drain(downloading(entry))


def downloading(entry: Pretrained) -> Generator[Progress, None, Path]:
    """Download a network's weights if they are not there, and check them in any case.

    Weights whose hash is published must have it. For others the hash of the first download is kept beside
    them: whatever changes them later, here or at their source, is noticed.

    Parameters
    ----------
    entry
        Of the catalogue.

    Yields
    ------
    Progress
        In bytes.

    Returns
    -------
    Path
        Of the file, or of the folder for what comes with this program.

    Raises
    ------
    SketchcellError
        When there is no connection, no room, no such file any more, or it is not the file that it should be.
    """
    file = local_file(entry)
    if entry.shipped is not None or entry.address is None:
        if not file.exists():
            raise SketchcellError(
                f"'{entry.name}' is missing from this installation; install sketchcell again."
            )
        return file
    if not file.exists():
        yield from _bring(entry, entry.address, file)
    _check(entry, file)
    return file


def known_hash(entry: Pretrained) -> str | None:
    """Return the SHA-256 that a network's weights must have: as published, or as first downloaded."""
    if entry.sha256 is not None:
        return entry.sha256
    note = _note(local_file(entry))
    try:
        return note.read_text(encoding="ascii").split()[0]
    except (OSError, ValueError, IndexError):
        return None


def _bring(entry: Pretrained, address: str, file: Path) -> Generator[Progress, None, None]:
    part = file.with_name(file.name + ".part")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        _require_room(entry, part)
        yield from fetch(address, part, f"downloading {entry.name}")
        if entry.member is not None:
            _unpack(part, entry.member)
        _keep(entry, address, part, file)
    except UnreachableError as error:
        raise SketchcellError(
            f"'{entry.name}' cannot be downloaded: there is no connection to {urlsplit(address).hostname}; "
            f"try again later (what has arrived is kept), or use what is here: {_here()}."
        ) from error
    except DiskFullError as error:
        raise SketchcellError(_no_room(entry, file.parent)) from error
    except OSError as error:
        raise SketchcellError(
            f"'{entry.name}' cannot be kept in {file.parent} ({error.strerror or error}); set "
            f"{CACHE_VARIABLE} to a folder that can be written to."
        ) from error


def _keep(entry: Pretrained, address: str, part: Path, file: Path) -> None:
    """Put what was downloaded in its place if it is what it should be."""
    import pooch

    expected = known_hash(entry)

    def from_part(_url: str, output: str | os.PathLike[str], _pooch: object) -> None:
        shutil.move(part, output)

    logger = pooch.get_logger()
    level = logger.level
    logger.setLevel("ERROR")  # it would report each file by itself
    try:
        pooch.retrieve(
            address,
            known_hash=None if expected is None else f"sha256:{expected}",
            fname=file.name,
            path=file.parent,
            downloader=from_part,
        )
    except ValueError as error:
        mend = "if that does not help, get it from its authors"
        if entry.sha256 is None:
            mend = f"if you trust it, delete {_note(file)} before"
        raise SketchcellError(
            f"What {address} sent for '{entry.name}' is not the file that was "
            f"{'published' if entry.sha256 else 'downloaded first'} (its SHA-256 is another) and was thrown "
            f"away; download it again, and {mend}."
        ) from error
    finally:
        logger.setLevel(level)
        part.unlink(missing_ok=True)
    if expected is None:
        _note(file).write_text(f"{_sha256(file)}  {file.name}\n", encoding="ascii")


def _check(entry: Pretrained, file: Path) -> None:
    expected = known_hash(entry)
    try:
        found = _sha256(file)
    except OSError as error:
        raise SketchcellError(f"'{file}' cannot be read: {error.strerror}.") from error
    if expected is None:  # put there by hand
        _note(file).write_text(f"{found}  {file.name}\n", encoding="ascii")
    elif found != expected:
        raise SketchcellError(
            f"'{file}' has changed since it was downloaded; delete it, and it is downloaded again."
        )


def _unpack(archive: Path, member: str) -> None:
    """Put a file that a zip archive holds in the archive's place."""
    inside = archive.with_name(archive.name + ".member")
    try:
        with zipfile.ZipFile(archive) as held, held.open(member) as source, inside.open("wb") as target:
            shutil.copyfileobj(source, target, _BLOCK)
        inside.replace(archive)
    except (zipfile.BadZipFile, KeyError, EOFError) as error:
        archive.unlink(missing_ok=True)
        raise SketchcellError(
            f"The archive that should hold {Path(member).name} is damaged; download it again."
        ) from error
    finally:
        inside.unlink(missing_ok=True)


def _require_room(entry: Pretrained, part: Path) -> None:
    """Refuse before anything is downloaded, if it is known how much that is."""
    present = part.stat().st_size if part.exists() else 0
    missing = (entry.size or 0) * (2 if entry.member else 1) - present
    if missing + _SPARE > shutil.disk_usage(part.parent).free:
        raise DiskFullError


def _no_room(entry: Pretrained, folder: Path) -> str:
    size = f"{entry.size / 1e6:.0f} MB" if entry.size else "its size"
    return (
        f"There is not enough room in {folder} for '{entry.name}' ({size}); free some, or set "
        f"{CACHE_VARIABLE} to a folder on another disk."
    )


def _here() -> str:
    return ", ".join(entry.name for entry in CATALOGUE.values() if is_here(entry)) or "nothing yet"


def _note(file: Path) -> Path:
    return file.with_name(file.name + ".sha256")


def _sha256(file: Path) -> str:
    digest = hashlib.sha256()
    with file.open("rb") as stream:
        while block := stream.read(_BLOCK):
            digest.update(block)
    return digest.hexdigest()
