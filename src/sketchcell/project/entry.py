"""An image of a project: where it is, how to recognise it, how far the work on it is."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

Plane = tuple[int, ...]
"""Which plane of a stack: one index for each leading axis, () for a single plane."""

STATES = ("untouched", "sketched", "segmented", "approved")
_DEFAULT_AXES: dict[int, tuple[str, ...]] = {0: (), 1: ("z",), 2: ("t", "z")}
_KEYS = {"id", "name", "path", "relative", "sha256", "shape", "planes", "axes", "scene", "state"}
# It becomes the name of folders: nothing that leads out of the project.
_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")


@dataclass(frozen=True)
class Entry:
    """An image of a project.

    Attributes
    ----------
    id
        Short random name, never used twice.
    name
        For people.
    path
        Where the image was last seen, absolute; None if it came from memory and is kept in the project.
    relative
        The same as seen from the project's folder, with forward slashes; None where there is no such way.
    sha256
        Of its content; see `content_hash` and `array_hash`.
    shape
        Rows and columns of a plane, in pixels.
    planes
        Lengths of the leading axes of a stack, () for a single plane.
    axes
        Names of these axes: "t" time, "z" depth, "c" channel, or anything else.
    scene
        How the image is looked at, such as the chosen channels: whatever JSON can hold.
    state
        One of `STATES`.
    """

    id: str
    name: str
    path: Path | None
    relative: str | None
    sha256: str
    shape: tuple[int, int]
    planes: tuple[int, ...] = ()
    axes: tuple[str, ...] = ()
    scene: dict[str, Any] = field(default_factory=dict)
    state: str = "untouched"

    def checked(self, plane: Plane) -> Plane:
        """Return `plane` with plain integers, or raise ValueError if the image has no such plane."""
        plain = tuple(int(index) for index in plane)
        if len(plain) != len(self.planes) or not all(
            0 <= index < length for index, length in zip(plain, self.planes, strict=True)
        ):
            raise ValueError(f"there is no plane {plane} in planes {self.planes}")
        return plain

    def to_json(self) -> dict[str, Any]:
        """Return the entry as it is written."""
        return {
            "id": self.id,
            "name": self.name,
            "path": None if self.path is None else str(self.path),
            "relative": self.relative,
            "sha256": self.sha256,
            "shape": list(self.shape),
            "planes": list(self.planes),
            "axes": list(self.axes),
            "scene": self.scene,
            "state": self.state,
        }

    @classmethod
    def from_json(cls, written: Any) -> Entry:
        """Return the entry that `to_json` was given.

        Raises
        ------
        ValueError
            If something is missing, unknown or of the wrong kind.
        """
        if not isinstance(written, dict) or set(written) != _KEYS:
            raise ValueError("an image of the project has missing or unknown keys")
        path, relative = written["path"], written["relative"]
        texts = [written["id"], written["name"], written["sha256"], *written["axes"]]
        texts += [text for text in (path, relative) if text is not None]
        lengths = [*written["shape"], *written["planes"]]
        fits = (
            all(isinstance(text, str) for text in texts)
            and _ID.fullmatch(written["id"])
            and all(type(length) is int and length > 0 for length in lengths)
            and len(written["shape"]) == 2
            and len(written["axes"]) == len(written["planes"])
            and isinstance(written["scene"], dict)
            and written["state"] in STATES
        )
        if not fits:
            raise ValueError(f"the image {written['id']!r} of the project is not understood")
        return cls(
            id=written["id"],
            name=written["name"],
            path=None if path is None else Path(path),
            relative=relative,
            sha256=written["sha256"],
            shape=(written["shape"][0], written["shape"][1]),
            planes=tuple(written["planes"]),
            axes=tuple(written["axes"]),
            scene=written["scene"],
            state=written["state"],
        )


def default_axes(planes: tuple[int, ...]) -> tuple[str, ...]:
    """Return names for leading axes that nobody has named."""
    return _DEFAULT_AXES.get(len(planes)) or tuple(f"axis{number}" for number in range(len(planes)))
