"""Record what cellpose and py-ctcmetrics say about the label images of the tests.

    python -m venv recorder && recorder/bin/pip install -e . "cellpose<4" py-ctcmetrics
    recorder/bin/python scripts/record_measures.py

Cellpose before version 4 holds numpy back, and version 4 is another program: neither installs beside the
other test dependencies. So its answers, and those of py-ctcmetrics, lie in tests/measure/recorded.json, and
the tests compare with them. The label images come from tests/measure/label_pairs.py: run this again when they
change. Two runs give the same file.
"""

import importlib.metadata
import json
import sys
import tempfile
from pathlib import Path

TESTS = Path(__file__).parents[1] / "tests" / "measure"
sys.path.insert(0, str(TESTS))

from label_pairs import DATA_SET, checksum, pairs  # noqa: E402
from other_measures import cellpose_measures, ctc_measures  # noqa: E402

from sketchcell.measure import THRESHOLDS  # noqa: E402


def main() -> None:
    made = pairs()
    recorded = {
        "versions": {name: importlib.metadata.version(name) for name in ("cellpose", "py-ctcmetrics")},
        "thresholds": THRESHOLDS,
        "pairs": {},
    }
    with tempfile.TemporaryDirectory() as folder:
        for name, pair in made.items():
            recorded["pairs"][name] = {
                "checksum": checksum(*pair),
                "cellpose": cellpose_measures(*pair, THRESHOLDS),
                "ctc": ctc_measures([pair], folder),
            }
        recorded["data set"] = ctc_measures([made[name] for name in DATA_SET], folder)
    lines = [f"    {json.dumps(name)}: {json.dumps(found)}" for name, found in recorded.pop("pairs").items()]
    head = [f"  {json.dumps(name)}: {json.dumps(value)}," for name, value in recorded.items()]
    text = "\n".join(["{", *head, '  "pairs": {', ",\n".join(lines), "  }", "}"])
    (TESTS / "recorded.json").write_text(text + "\n")
    print(f"{len(made)} pairs in {TESTS / 'recorded.json'}")


if __name__ == "__main__":
    main()
