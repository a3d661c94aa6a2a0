"""The papers' configurations, by the papers' numbers."""

from dataclasses import replace

import numpy as np
import pytest

from sketchcell.errors import SketchcellError
from sketchcell.families import get_family
from sketchcell.inference import drain
from sketchcell.learning import fit
from sketchcell.learning.presets import PRESETS, get_preset
from sketchcell.networks import NETWORKS
from sketchcell.sketch import Sketch

NAMES = ["sketchpose", "samcell", "sdf-paper", "UNET2", "UNET3", "FL", "DWM", "SAW"]


def test_there_is_one_for_each_network_of_the_papers():
    assert list(PRESETS) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_each_is_complete(name):
    preset = get_preset(name)
    assert preset.name == name
    assert preset.title.strip()
    assert "\n" not in preset.title
    assert preset.settings.network in NETWORKS
    assert isinstance(preset.settings.params, get_family(preset.settings.family).Params)
    assert not preset.settings.rescale


@pytest.mark.parametrize("name", NAMES)
def test_each_can_learn(name):
    settings = replace(
        PRESETS[name].settings, network="unet-small", patch=64, batch=2, steps=2, device="cpu", hold_out=0.0
    )
    labels = np.ones((80, 80), int)
    labels[10:30, 10:30], labels[10:30, 30:50], labels[50:70, 20:50] = 2, 3, 4
    image = np.where(labels > 1, 200, 20) + np.random.default_rng(0).normal(0, 5, labels.shape)
    model = drain(fit([image], [Sketch(labels)], settings))
    assert model.config.family == settings.family
    assert model.segment(image).shape == image.shape


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        (
            "sdf-paper",
            {"family": "sdf", "network": "unet-wide", "patch": 128, "batch": 16, "learning_rate": 1e-4}
            | {"weight_decay": 1e-3},
        ),
        (
            "samcell",
            {"family": "distance", "patch": 256, "batch": 8, "learning_rate": 1e-4, "weight_decay": 0.1}
            | {"warm_up": 250, "schedule": "linear", "patience": 7, "minimum_improvement": 1e-4},
        ),
        ("sketchpose", {"family": "flow", "network": "omnipose", "patch": 224, "batch": 16}),
        ("SAW", {"family": "multiclass", "network": "unet"}),
    ],
)
def test_the_numbers_are_the_papers(name, expected):
    settings = PRESETS[name].settings
    assert {key: getattr(settings, key) for key in expected} == expected


def test_the_losses_are_the_papers():
    sdf = PRESETS["sdf-paper"].settings.params
    assert (sdf.lmhd_weight, sdf.rmhd_weight, sdf.lse_weight, sdf.ce_weight) == (0.9, 0.1, 1.0, 1.0)
    assert (sdf.edge, sdf.parting, sdf.speck_size) == (0.0, 2.0, 0.0)
    weighted = {
        name: (PRESETS[name].settings.params.classes, PRESETS[name].settings.params.weighting)
        for name in ("UNET2", "UNET3", "FL", "DWM", "SAW")
    }
    assert weighted == {
        "UNET2": (2, "unet"),
        "UNET3": (3, "unet"),
        "FL": (3, "focal"),
        "DWM": (3, "dwm"),
        "SAW": (3, "saw"),
    }
    samcell = PRESETS["samcell"].settings.params
    assert (samcell.peak_threshold, samcell.fill_threshold, samcell.clahe) == (0.47, 0.09, True)


def test_an_unknown_preset_is_a_clear_error():
    with pytest.raises(SketchcellError, match=r"no preset 'SAV'.*SAW"):
        get_preset("SAV")
