"""A model made from weights that another program wrote."""

from __future__ import annotations

from dataclasses import dataclass

from sketchcell.model import Model


@dataclass(frozen=True)
class Imported:
    """What became of a file.

    Attributes
    ----------
    model
        Ready to segment, and to start learning from.
    notes
        Sentences for whoever uses it: which parts were taken as they are, mapped, or begin anew, and what the
        weights may be used for.
    """

    model: Model
    notes: tuple[str, ...] = ()
