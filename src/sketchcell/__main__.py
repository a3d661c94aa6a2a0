"""``python -m sketchcell`` is the command ``sketchcell``."""

import sys

from sketchcell.cli import main

if __name__ == "__main__":
    sys.exit(main())
