"""Where projects are kept that nobody gave a place."""

from __future__ import annotations

import os
from pathlib import Path

import platformdirs

FOLDER_VARIABLE = "SKETCHCELL_DATA"


def unsaved_folder() -> Path:
    """Return where unsaved projects are: in ``$SKETCHCELL_DATA``, or else with the user's data."""
    given = os.environ.get(FOLDER_VARIABLE)
    base = Path(given) if given else platformdirs.user_data_path("sketchcell", appauthor=False)
    return base / "unsaved"
