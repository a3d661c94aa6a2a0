"""The journal's form: a line a record, each with its checksum; and reading it, however damaged it is."""

from __future__ import annotations

import json
import re
import zlib
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

_CHECKSUM = re.compile(rb',"crc32":(\d+)\}')


@dataclass(frozen=True)
class Contents:
    """What is in a journal.

    Attributes
    ----------
    records
        All that could be read, in order.
    end
        Bytes up to the end of the last of them.
    skipped
        Numbers of the damaged lines before it, from 1.
    """

    records: list[dict[str, Any]]
    end: int
    skipped: list[int]


def utc_now() -> datetime:
    """Return the time in UTC."""
    return datetime.now(UTC)


def encode(record: dict[str, Any]) -> bytes:
    """Return a record as a line: JSON whose last key is the CRC-32 of the same JSON without that key."""
    text = json.dumps(record, ensure_ascii=True, separators=(",", ":")).encode("ascii")
    return text[:-1] + b',"crc32":%d}\n' % zlib.crc32(text)


def decode(line: bytes) -> dict[str, Any]:
    """Return the record in a line, which comes without its end.

    Raises
    ------
    ValueError
        If the line is damaged or its record is not understood.
    """
    at = line.rfind(b',"crc32":')
    checksum = _CHECKSUM.fullmatch(line, at) if at >= 0 else None
    text = line[:at] + b"}"
    if checksum is None or zlib.crc32(text) != int(checksum[1]):
        raise ValueError("a line of the journal is damaged")
    record = json.loads(text)
    if not _is_understood(record):
        raise ValueError("a record of the journal is not understood")
    return dict(record)


def read(data: bytes) -> Contents:
    """Return what is in a journal; damaged lines are passed over."""
    records: list[dict[str, Any]] = []
    damaged: list[tuple[int, int]] = []
    end, start, last = 0, 0, 0
    # What comes after the last end of a line was not written whole.
    for number, line in enumerate(data.split(b"\n")[:-1], start=1):
        start += len(line) + 1
        try:
            record = decode(line)
        except (ValueError, RecursionError):
            damaged.append((number, start))
            continue
        if record["n"] <= last:
            damaged.append((number, start))
            continue
        last = record["n"]
        records.append(record)
        end = start
    return Contents(records, end, [number for number, stop in damaged if stop <= end])


def _is_understood(record: Any) -> bool:
    if not isinstance(record, dict) or type(record.get("n")) is not int:
        return False
    if record.get("kind") == "remove":
        return isinstance(record.get("entry"), str)
    if type(record.get("group")) is not int:
        return False
    if record.get("kind") in ("undo", "redo"):
        return True
    plane = record.get("plane")
    return (
        record.get("kind") == "edit"
        and isinstance(record.get("entry"), str)
        and isinstance(plane, list)
        and all(type(index) is int for index in plane)
        and type(record.get("painted")) is int
        and isinstance(record.get("edit"), dict)
    )
