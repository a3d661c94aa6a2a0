"""Take the documentation's screenshots from the running plugin: python scripts/screenshots.py [NAME …].

Needs a display; without one: xvfb-run -a -s "-screen 0 1600x1000x24" python scripts/screenshots.py
"""

import argparse
import os
from pathlib import Path
from tempfile import TemporaryDirectory

from pictures import correcting, images, learning, measuring
from pictures.stage import save

PICTURES = {
    "before-strokes": learning.before_strokes,
    "learning": learning.learning,
    "trust": learning.trust,
    "dock": learning.dock,
    "light": learning.light,
    "tour": learning.tour,
    "export": learning.export,
    "corrections": correcting.corrections,
    "teaches": correcting.teaches,
    "taught": correcting.taught,
    "raw-maps": correcting.raw_maps,
    "hints": correcting.hints,
    "confidence": correcting.confidence,
    "project": images.project,
    "batch": images.batch,
    "large": images.large,
    "restore": images.restore,
    "stack": images.stack,
    "channels": images.channels,
    "box": images.box,
    "shortcuts": images.shortcuts,
    "table": measuring.table,
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", default=list(PICTURES), metavar="NAME", help=", ".join(PICTURES))
    parser.add_argument("--folder", type=Path, default=Path("docs/images"))
    arguments = parser.parse_args()
    arguments.folder.mkdir(parents=True, exist_ok=True)
    for name in arguments.names:
        with TemporaryDirectory() as kept:
            # strokes and settings of other days stay out of the pictures
            os.environ |= {"SKETCHCELL_DATA": f"{kept}/data", "SKETCHCELL_CONFIG": f"{kept}/config"}
            save(PICTURES[name](), arguments.folder / f"{name}.png")


if __name__ == "__main__":
    main()
