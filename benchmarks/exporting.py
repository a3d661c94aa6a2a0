"""Export of models and its check: seconds for each format, in a process of its own, and the differences.

A process of its own, because the first export loads the libraries, and that is what a person waits for. The
aim is 30 s. Processor time is printed beside, which other programs disturb less.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

_ONE = """
import json, sys, time
start, busy = time.perf_counter(), time.process_time()
from sketchcell.export import FORMATS, About, Author, export
from sketchcell.model import load_model
folder, format, decoder = sys.argv[1:4]
about = About("Benchmark", (Author("Nobody"),), "MIT")
path = f"{folder}/out{FORMATS[format].suffix}"
report = export(load_model(f"{folder}/model"), path, format, about, decoder=decoder == "1")
took = time.perf_counter() - start, time.process_time() - busy
print(json.dumps([*took, report.size / 1e6, report.largest, report.ap50]))
"""


def model_of(family, network, folder):
    """Write a model folder: the prior where it is of that network, random weights otherwise."""
    import torch

    from sketchcell.families import get_family
    from sketchcell.model import Model, ModelConfig
    from sketchcell.networks import build_network
    from sketchcell.pretrained.prior import prior_model

    if network == "compact":
        prior_model(family, 1).save(folder / "model")
        return
    torch.manual_seed(0)
    kind = get_family(family)
    params = kind.Params()
    built = build_network(network, 1, len(kind.channels(params)), kind.learned)
    Model(ModelConfig(family, params, network, 1), built).save(folder / "model")


def main():
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--family", default="flow")
    parser.add_argument("--network", default="compact")
    parser.add_argument("--formats", nargs="+", default=["torchscript", "pt2", "onnx", "bioimageio"])
    arguments = parser.parse_args()
    print("format       decoder    s  processor s    MB  largest difference  AP50")
    with tempfile.TemporaryDirectory() as name:
        model_of(arguments.family, arguments.network, Path(name))
        for form in arguments.formats:
            for decoder in "01" if arguments.family == "flow" and form != "pt2" else "0":
                done = subprocess.run(
                    [sys.executable, "-W", "ignore", "-c", _ONE, name, form, decoder],
                    check=True,
                    capture_output=True,
                    text=True,
                )
                took, busy, size, largest, ap50 = json.loads(done.stdout.splitlines()[-1])
                inside = "yes" if decoder == "1" else "no"
                figures = f"{took:4.0f}  {busy:11.0f}  {size:4.1f}  {largest:18.1e}  {ap50:.2f}"
                print(f"{form:<11}  {inside:<7} {figures}")


if __name__ == "__main__":
    main()
