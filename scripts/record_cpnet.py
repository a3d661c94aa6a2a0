"""Record the maps that Cellpose's and Omnipose's own networks make from the tests' weights.

Each program wants other versions of what it builds on, so that each has its own environment:

    python -m venv recorder
    recorder/bin/pip install "cellpose<4"       # or "omnipose>=1", or cellpose-omni==0.9.1
    recorder/bin/python scripts/record_cpnet.py

Maps of the programs that are installed replace those in tests/pretrained/cpnet_maps.npz; the others stay.
Weights and images come from tests/pretrained/cpnet_weights.py: record everything again when it changes.
"""

import sys
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import numpy as np
import torch

TESTS = Path(__file__).parents[1] / "tests" / "pretrained"
MAPS = TESTS / "cpnet_maps.npz"
sys.path.insert(0, str(TESTS))

from cpnet_weights import CASES, WIDTHS, cpnet_state, image  # noqa: E402


def programs() -> dict[str, Callable[..., torch.nn.Module]]:
    """Return the networks of the programs that are installed."""
    found: dict[str, Callable[..., torch.nn.Module]] = {}
    try:
        from cellpose.resnet_torch import CPnet

        if version("cellpose").startswith("3."):
            found["cellpose"] = CPnet
    except (ImportError, PackageNotFoundError):
        pass
    try:
        from cellpose_omni.resnet_torch import CPnet

        # since 1.0 it comes with omnipose
        padding = CPnet([2, *WIDTHS], 4, 3).output[2].padding_mode
        found["omnipose" if padding == "reflect" else "omnipose before 1.0"] = CPnet
    except ImportError:
        pass
    return found


def main() -> None:
    recorded = dict(np.load(MAPS)) if MAPS.exists() else {}
    networks = programs()
    for name, (program, channels, outputs, seed, keeps) in CASES.items():
        if program not in networks:
            continue
        network = networks[program]([channels, *WIDTHS], outputs, 3)
        network.load_state_dict(cpnet_state(channels, outputs, seed, 30.0 if keeps else None))
        with torch.inference_mode():
            maps = network.eval()(torch.from_numpy(image(channels))[None])[0]
        recorded[name] = maps[0].numpy()
        print(f"{name}: {program}, maps {recorded[name].shape}, up to {np.abs(recorded[name]).max():.2f}")
    np.savez_compressed(MAPS, **{name: recorded[name] for name in CASES if name in recorded})


if __name__ == "__main__":
    main()
