"""Where learning begins: with what a network knows already, or with nothing."""

from __future__ import annotations

from collections.abc import Generator, Sequence

import numpy as np
from numpy.typing import NDArray

from sketchcell.images import as_channels
from sketchcell.inference import Progress
from sketchcell.learning.settings import RANDOM, FitSettings
from sketchcell.model import Model
from sketchcell.pretrained import PRIOR, Imported, prior_for, resolving, suits


def starting(
    init: Model | str | None, images: Sequence[NDArray[np.generic]], settings: FitSettings
) -> Generator[Progress, None, Imported | None]:
    """Find the model to start from.

    Parameters
    ----------
    init
        A model; the name of a pretrained one, a file or a folder; ``prior``, which is random weights where
        the prior does not suit family, network or parameters; None or ``random`` for random weights.
    images
        That will be learned from; at least one.
    settings
        How.

    Yields
    ------
    Progress
        Of a download, or of a look at the images.

    Returns
    -------
    Imported or None
        None for random weights.

    Raises
    ------
    SketchcellError
        When there is no such start.
    """
    if isinstance(init, Model):
        return Imported(init)
    if init is None or init == RANDOM:
        return None
    if init != PRIOR:
        return (yield from resolving(init, channels=as_channels(images[0]).shape[0]))
    if settings.network_options or not suits(settings.family, settings.network, settings.params):
        return None
    return Imported((yield from prior_for(images, settings.family, settings.params)))
