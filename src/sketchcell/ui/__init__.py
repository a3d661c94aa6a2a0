"""The napari plugin: the only place that knows napari and Qt.

`state` holds the truth; `panels` show it and change it; `workbench`, `teacher` and `results` act on it;
`jobs` keeps long work off the window's thread.
"""

import os

# Read once, when torch loads: threads that spin while they wait take the processor from the window's own.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
