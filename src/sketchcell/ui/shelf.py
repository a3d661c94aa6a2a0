"""What was learned with each family, put aside while another one is at work."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from sketchcell.families import get_family
from sketchcell.learning import Step
from sketchcell.model import Model
from sketchcell.ui.losses import Losses
from sketchcell.ui.results import Results, Shown
from sketchcell.ui.state import State


@dataclass(frozen=True, eq=False)
class Kept:
    """All that belongs to one family."""

    params: Any
    network: str
    model: Model | None
    shown: Shown | None
    step: Step | None
    losses: Losses


class Shelf:
    """Holds one entry a family, so that to come back to it costs nothing; the strokes belong to all of them.

    Parameters
    ----------
    state, results
        As everywhere.
    """

    def __init__(self, state: State, results: Results) -> None:
        self._state, self._results = state, results
        self._kept: dict[str, Kept] = {}
        state.events.layers.connect(self._on_layers)

    def swap(self, old: str, new: str) -> None:
        """Put a family's work aside, and bring out another's, or begin with nothing; none may be learning."""
        state = self._state
        shown = self._results.take_down()
        self._kept[old] = Kept(state.params, state.network, state.model, shown, state.step, state.losses)
        kept = self._kept.pop(new, None) or Kept(
            get_family(new).Params(), state.network, None, None, None, Losses()
        )
        state.model = kept.model
        state.params, state.network = kept.params, kept.network
        state.losses, state.step = kept.losses, kept.step
        self._results.put_up(kept.shown)

    def _on_layers(self) -> None:
        """Forget what was seen on another image; what was learned from it stays."""
        self._kept = {name: replace(kept, shown=None) for name, kept in self._kept.items()}


def fits(state: State) -> bool:
    """Tell whether learning can go on from the model with what is chosen now."""
    assert state.model is not None
    config = state.model.config
    if (config.family, config.network) != (state.family, state.network):
        return False
    family = get_family(config.family)
    return family.channels(config.params) == family.channels(state.params) and (
        family.normalization(config.params) == family.normalization(state.params)
    )
