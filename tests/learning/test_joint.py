"""Several families as one: the same targets and losses as theirs, one after another."""

import numpy as np
import torch

from sketchcell.families import FAMILIES, Target
from sketchcell.learning.joint import JointFamilies
from sketchcell.sketch import Sketch

JOINT = JointFamilies(FAMILIES)


def sketch():
    labels = np.ones((48, 40), np.int32)
    labels[5:25, 5:20], labels[25:45, 5:20] = 2, 3
    return Sketch(labels)


def test_outputs_of_all_families_side_by_side():
    rows = JOINT.rows()
    counts = [len(family.channels(family.Params())) for family in FAMILIES.values()]
    assert [own.stop - own.start for own in rows.values()] == counts
    assert [own.start for own in rows.values()] == np.cumsum([0, *counts[:-1]]).tolist()


def test_losses_are_those_of_the_families():
    target = JOINT.encode(sketch())
    batch = Target(target.names, torch.from_numpy(target.data)[None])
    outputs = torch.randn(1, 8, 48, 40, generator=torch.Generator().manual_seed(0))
    learned = {name: torch.tensor(value) for name, value in JOINT.learned.items()}
    losses = JOINT.losses(outputs, batch, learned)
    for name, family in FAMILIES.items():
        own = family.encode(sketch(), family.Params())
        alone, _ = family.loss(
            outputs[:, JOINT.rows()[name]],
            Target(own.names, torch.from_numpy(own.data)[None]),
            family.Params(),
            {scalar: torch.tensor(value) for scalar, value in family.learned.items()},
        )
        torch.testing.assert_close(losses[name], alone)


def test_params_of_its_own():
    flow = FAMILIES["flow"].Params(flow_weight=0.0, distance_weight=0.0, bound_weight=0.0)
    target = JOINT.encode(sketch())
    batch = Target(target.names, torch.from_numpy(target.data)[None])
    outputs = torch.ones(1, 8, 48, 40)
    learned = {name: torch.tensor(value) for name, value in JOINT.learned.items()}
    assert JointFamilies(FAMILIES, {"flow": flow}).losses(outputs, batch, learned)["flow"] == 0
