"""Fetching one file over the network: resumed where it broke off, checked for its length."""

from __future__ import annotations

import errno
import time
from collections.abc import Generator
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from sketchcell.errors import SketchcellError
from sketchcell.inference.progress import Progress

if TYPE_CHECKING:
    from requests import Response

_ATTEMPTS = 5  # in a row without a single byte, or the transfer is given up
_PAUSE = 0.5  # seconds before the second attempt; longer from attempt to attempt
_TIMEOUT = (10, 60)  # seconds: to connect, and between two bytes
_BLOCK = 2**16  # bytes: at most this much is fetched twice


class UnreachableError(Exception):
    """The network, or what is behind it, gives no answer."""


class DiskFullError(Exception):
    """There is no room for the file."""


def fetch(address: str, part: Path, what: str) -> Generator[Progress, None, None]:
    """Fetch a file into `part`; continue if a part of the same file is there already.

    A note beside the part (its name and ``.tag``) keeps what the server calls this version of the file:
    parts of two versions are never put together.

    Parameters
    ----------
    address
        http or https.
    part
        The file to be; it stays when the transfer breaks off.
    what
        Is being done, for a progress bar.

    Yields
    ------
    Progress
        In bytes; the total is 0 as long as it is not known.

    Raises
    ------
    UnreachableError
        When there is no connection, or it breaks again and again.
    DiskFullError
        When the disk is full.
    SketchcellError
        When the server refuses, or leads away from https.
    """
    import requests

    failures = 0
    while True:
        before = _size(part)
        try:
            yield from _fetch_on(address, part, what)
            _tag(part).unlink(missing_ok=True)
            return
        except requests.RequestException as error:
            # an attempt that brought something is no failure
            failures = 0 if _size(part) > before else failures + 1
            if failures >= _ATTEMPTS or isinstance(error, requests.exceptions.InvalidURL):
                raise UnreachableError(str(error)) from error
            time.sleep(_PAUSE * failures)
        except OSError as error:
            if error.errno in (errno.ENOSPC, errno.EDQUOT):
                part.unlink(missing_ok=True)
                _tag(part).unlink(missing_ok=True)
                raise DiskFullError from error
            raise


def _fetch_on(address: str, part: Path, what: str) -> Generator[Progress, None, None]:
    """Ask for what is missing, and append it."""
    import requests

    start = _size(part)
    tag = _tag(part).read_text(encoding="utf-8") if start and _tag(part).is_file() else ""
    # as they are: a packed answer could not be continued
    headers = {"Accept-Encoding": "identity", "User-Agent": "sketchcell"}
    if start and tag:
        headers |= {"Range": f"bytes={start}-", "If-Range": tag}
    with requests.get(address, headers=headers, stream=True, timeout=_TIMEOUT) as response:
        _require_good(response, address)
        if response.status_code == 416:  # nothing is missing, or the file is another one
            if start and response.headers.get("Content-Range", "").endswith(f"/{start}"):
                return
            part.unlink(missing_ok=True)
            raise requests.ConnectionError("the part does not fit the file")
        continued = response.status_code == 206 and _continues(response, start)
        done = start if continued else 0
        total = done + int(response.headers.get("Content-Length") or 0)
        if not continued:
            _tag(part).write_text(_version(response), encoding="utf-8")
        with part.open("ab" if continued else "wb") as file:
            yield Progress(done, total, what)
            for block in response.iter_content(_BLOCK):
                file.write(block)
                done += len(block)
                yield Progress(done, max(total, done), what)
    if done < total:
        raise requests.ConnectionError("the transfer broke off")


def _require_good(response: Response, address: str) -> None:
    import requests

    if urlsplit(address).scheme == "https" and urlsplit(response.url).scheme != "https":
        raise SketchcellError(
            f"{address} leads to an address without https, which is not followed; download the file by hand."
        )
    if response.status_code in (429, 500, 502, 503, 504):  # soon it may work
        raise requests.ConnectionError(f"the server says {response.status_code}")
    if response.status_code >= 400 and response.status_code != 416:
        raise SketchcellError(
            f"{address} cannot be downloaded (the server says {response.status_code} {response.reason}): it "
            "may have moved; look for the file on the web and give its path instead."
        )


def _continues(response: Response, start: int) -> bool:
    return response.headers.get("Content-Range", "").startswith(f"bytes {start}-")


def _version(response: Response) -> str:
    """Return what the server calls this version; a weak tag does not promise the same bytes."""
    tag: str = response.headers.get("ETag", "")
    return tag if tag and not tag.startswith("W/") else response.headers.get("Last-Modified", "")


def _tag(part: Path) -> Path:
    return part.with_name(part.name + ".tag")


def _size(path: Path) -> int:
    return path.stat().st_size if path.is_file() else 0
