"""What is remembered from one session to the next: a small JSON file in the user's configuration folder."""

from __future__ import annotations

import contextlib
import json
import logging
import os
from collections.abc import Container
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any

import platformdirs
import torch
from qtpy.QtCore import QTimer

from sketchcell.batch import FORMATS, LINKS, Options
from sketchcell.families import FAMILIES
from sketchcell.learning import FitSettings
from sketchcell.networks import NETWORKS
from sketchcell.pretrained import PRIOR

_VARIABLE = "SKETCHCELL_CONFIG"
_DELAY = 0.5  # seconds: who turns a knob changes it many times
_RECENT = 10
_LARGEST_BRUSH = 200
_LONGEST_TEXT = 10_000


@dataclass(frozen=True)
class Choices:
    """What a person has chosen.

    Attributes
    ----------
    family, network, device, start
        How to learn; as in the state.
    outlines
        Whether cells are shown as outlines.
    brush_size
        Diameter in pixels, 1…200; None until one was chosen, and then it follows the image's size.
    tour_seen
        Whether the tour was shown or skipped.
    collapsed
        Titles of the steps that are folded up.
    recent_projects
        Folders, the latest first, at most 10.
    batch_format, batch_link, batch_table, batch_recursive, batch_model
        What was last chosen in the window for many images.
    model_title, model_authors, model_licence, model_description
        What others were told of a model that was exported; authors one a line.
    """

    family: str = FitSettings.family
    network: str = FitSettings.network
    device: str = FitSettings.device
    start: str = PRIOR
    outlines: bool = False
    brush_size: int | None = None
    tour_seen: bool = False
    collapsed: tuple[str, ...] = ()
    recent_projects: tuple[str, ...] = ()
    batch_format: str = Options.format
    batch_link: str = Options.link
    batch_table: str = ".csv"
    batch_recursive: bool = False
    batch_model: str = ""
    model_title: str = ""
    model_authors: str = ""
    model_licence: str = "CC-BY-4.0"
    model_description: str = ""


class Settings:
    """Reads the choices at once and writes them a moment after they change.

    A file that is missing, damaged or from another version never stops anybody: what cannot be understood
    counts as not chosen. Several windows may share the file: each writes only what was changed in it.

    Parameters
    ----------
    path
        The file; else ``settings.json`` in the folder that the environment variable ``SKETCHCELL_CONFIG``
        names, else in the user's configuration folder.
    """

    def __init__(self, path: str | os.PathLike[str] | None = None) -> None:
        self.path = Path(path) if path is not None else _usual_path()
        self._choices = _read(self.path)
        self._changed: dict[str, Any] = {}
        self._timer = QTimer()
        self._timer.setSingleShot(True)
        self._timer.setInterval(round(1000 * _DELAY))
        self._timer.timeout.connect(self.write)

    @property
    def choices(self) -> Choices:
        """What is chosen now."""
        return self._choices

    def remember(self, **changes: Any) -> None:
        """Choose; field names are those of `Choices`."""
        chosen = replace(self._choices, **changes)
        changed = {name: value for name, value in changes.items() if value != getattr(self._choices, name)}
        if changed:
            self._choices = chosen
            self._changed.update(changed)
            self._timer.start()

    def fold(self, title: str, folded: bool) -> None:
        """Remember whether a step is folded up."""
        others = tuple(other for other in self._choices.collapsed if other != title)
        self.remember(collapsed=(*others, title) if folded else others)

    def opened(self, project: str | os.PathLike[str]) -> None:
        """Put a project first among the recent ones."""
        name = os.path.abspath(project)
        others = [other for other in self._choices.recent_projects if other != name]
        self.remember(recent_projects=(name, *others)[:_RECENT])

    def write(self) -> None:
        """Write what has changed now, without waiting; a folder that cannot be written to is only logged."""
        self._timer.stop()
        if not self._changed:
            return
        merged = replace(_read(self.path), **self._changed)
        text = json.dumps(asdict(merged), indent=2)
        # Written beside and moved, so that no reader meets half a file. Nothing waits for the disk: this runs
        # in the window's thread, and a file that a power cut has damaged counts as none.
        temporary = self.path.with_name(f".{self.path.name}.{os.getpid()}.part")
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            temporary.write_text(text, encoding="utf-8")
            temporary.replace(self.path)
        except OSError as error:
            logging.getLogger(__name__).warning("%s cannot be written: %s", self.path, error)
            with contextlib.suppress(OSError):
                temporary.unlink()
        else:
            self._changed.clear()

    def close(self) -> None:
        """Write what is left to write."""
        self.write()


def _usual_path() -> Path:
    folder = os.environ.get(_VARIABLE) or platformdirs.user_config_dir("sketchcell", appauthor=False)
    return Path(folder) / "settings.json"


def _read(path: Path) -> Choices:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return Choices()
    if not isinstance(found, dict):
        return Choices()
    understood: dict[str, Any] = {}
    for field in fields(Choices):
        value = found.get(field.name)
        if isinstance(value, list):
            value = tuple(value)
        if value is not None and _is_possible(field.name, value):
            understood[field.name] = value
    return Choices(**understood)


def _is_possible(name: str, value: Any) -> bool:
    """Tell whether a value that was read can be what a person has chosen here."""
    if name in ("outlines", "tour_seen", "batch_recursive"):
        return isinstance(value, bool)
    if name.startswith("model_"):
        return isinstance(value, str) and len(value) <= _LONGEST_TEXT
    if name == "brush_size":
        return type(value) is int and 1 <= value <= _LARGEST_BRUSH
    if name in ("collapsed", "recent_projects"):
        most = _RECENT if name == "recent_projects" else 100
        return isinstance(value, tuple) and len(value) <= most and all(isinstance(v, str) for v in value)
    possible: dict[str, Container[str]] = {
        "family": FAMILIES,
        "network": NETWORKS,
        "device": _devices(),
        "start": (PRIOR, "random"),
        "batch_format": FORMATS,
        "batch_link": LINKS,
        "batch_table": ("", ".csv", ".parquet"),
    }
    if name == "batch_model":
        return isinstance(value, str)
    return isinstance(value, str) and value in possible[name]


def _devices() -> tuple[str, ...]:
    """Return what this machine can learn on: a home folder may be shared by several."""
    found = ["auto", "cpu"]
    if torch.cuda.is_available():
        found.append("cuda")
    if torch.backends.mps.is_available():
        found.append("mps")
    return tuple(found)
