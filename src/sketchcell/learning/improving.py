"""Whether learning still gets better, or only noise goes up and down."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

_CHECKS = 6  # on each side
_ERRORS = 2.0  # standard errors that a rise must exceed


def improving(scores: Sequence[float], least: float) -> bool:
    """Tell whether scores still rise.

    The mean of the last six is compared with that of the six before: it must be higher by `least`, and by
    more than two standard errors of the difference.

    Parameters
    ----------
    scores
        Of one check after another, of the same thing; more is better.
    least
        Rise that is worth waiting for.

    Returns
    -------
    bool
        True as long as there are too few checks to tell.
    """
    if len(scores) < 2 * _CHECKS:
        return True
    last, before = np.array(scores[-2 * _CHECKS :], np.float64).reshape(2, _CHECKS)[::-1]
    error = np.sqrt((last.var(ddof=1) + before.var(ddof=1)) / _CHECKS)
    return bool(last.mean() - before.mean() > max(least, _ERRORS * error))
