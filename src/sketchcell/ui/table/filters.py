"""Which rows of the table are shown: conditions such as ``area > 100, solidity < 0.9``."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from sketchcell.errors import SketchcellError
from sketchcell.ui.table.gates import numbers

if TYPE_CHECKING:
    import pandas

_COMPARES: dict[str, Callable[[Any, Any], Any]] = {
    ">=": operator.ge,
    "<=": operator.le,
    "!=": operator.ne,
    "==": operator.eq,
    ">": operator.gt,
    "<": operator.lt,
    "=": operator.eq,
}
_CONDITION = re.compile(r"(?P<column>\w+)\s*(?P<sign>>=|<=|!=|==|>|<|=)\s*(?P<value>[^\s<>=!]+)")
_BETWEEN = re.compile(r"\s*,\s*|\s+and\s+|\s*&+\s*")
_EXAMPLE = "Write conditions like 'area > 100, solidity < 0.9', or the number of a cell."


def matching(table: pandas.DataFrame, text: str) -> NDArray[np.bool_]:
    """Tell of each row whether it meets all conditions.

    Parameters
    ----------
    table
        With a column ``label``.
    text
        Conditions with a comma, ``and`` or ``&`` between them; a whole number alone is the label of a cell;
        nothing: every row.

    Returns
    -------
    bool ``(N,)``.

    Raises
    ------
    SketchcellError
        When the text says something else, or names no column of numbers.
    """
    met = np.ones(len(table), np.bool_)
    for part in _BETWEEN.split(text.strip()) if text.strip() else ():
        met &= _meeting(table, part)
    return met


def _meeting(table: pandas.DataFrame, part: str) -> NDArray[np.bool_]:
    if part.isdecimal():
        return np.asarray(table["label"].to_numpy() == int(part))
    found = _CONDITION.fullmatch(part)
    if found is None:
        raise SketchcellError(f"'{part}' is no condition. {_EXAMPLE}")
    column = found["column"]
    if column not in table or table[column].dtype.kind not in "fiub":
        raise SketchcellError(f"There is no column '{column}' of numbers in the table. {_EXAMPLE}")
    return np.asarray(_COMPARES[found["sign"]](numbers(table, column), _number(found["value"])))


def _number(text: str) -> float:
    words = {"true": 1.0, "yes": 1.0, "false": 0.0, "no": 0.0}
    try:
        return words[text.lower()] if text.lower() in words else float(text)
    except ValueError:
        raise SketchcellError(f"'{text}' is no number. {_EXAMPLE}") from None
