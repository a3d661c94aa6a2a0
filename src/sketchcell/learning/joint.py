"""Several families as one: what a network learns that any of them can start from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from sketchcell.families import Family, Target
from sketchcell.sketch import Sketch


class JointFamilies:
    """One network with a head for each family; its outputs are those of the families, one after another.

    Parameters
    ----------
    families
        In the order of their outputs.
    params
        Of some of them, by name; the others have their usual ones.
    """

    def __init__(self, families: Mapping[str, Family], params: Mapping[str, Any] | None = None) -> None:
        self._families = dict(families)
        self._params: dict[str, Any] = {name: family.Params() for name, family in families.items()}
        self._params |= params or {}

    @property
    def learned(self) -> dict[str, float]:
        """Scalars that the families' losses learn, as ``family_scalar``, with their first values."""
        return {
            f"{name}_{scalar}": value
            for name, family in self._families.items()
            for scalar, value in family.learned.items()
        }

    def rows(self) -> dict[str, slice]:
        """Return which outputs belong to which family."""
        rows, start = {}, 0
        for name, family in self._families.items():
            count = len(family.channels(self._params[name]))
            rows[name] = slice(start, start + count)
            start += count
        return rows

    def encode(self, sketch: Sketch) -> Target[NDArray[np.float32]]:
        """Return the targets of all families for a sketch, as planes ``family:plane``."""
        targets = {name: family.encode(sketch, self._params[name]) for name, family in self._families.items()}
        names = tuple(f"{name}:{plane}" for name, target in targets.items() for plane in target.names)
        return Target(names, np.concatenate([target.data for target in targets.values()]))

    def losses(
        self, outputs: Tensor, target: Target[Tensor], learned: Mapping[str, Tensor]
    ) -> dict[str, Tensor]:
        """Return each family's loss of a batch of outputs (B, C, H, W)."""
        result = {}
        for name, rows in self.rows().items():
            places = [i for i, plane in enumerate(target.names) if plane.startswith(f"{name}:")]
            own = Target(
                tuple(target.names[i].removeprefix(f"{name}:") for i in places),
                target.data[:, torch.tensor(places)],
            )
            scalars = {
                scalar.removeprefix(f"{name}_"): value
                for scalar, value in learned.items()
                if scalar.startswith(f"{name}_")
            }
            result[name], _ = self._families[name].loss(outputs[:, rows], own, self._params[name], scalars)
        return result
