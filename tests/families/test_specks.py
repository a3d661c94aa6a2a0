"""Specks: dropped from maps of an unsure network, never from exact ones."""

import edt
import numpy as np
import pytest
from truths import TRUTHS

from sketchcell.families.specks import without_specks

DEPTH = 8.0


def some():
    """Cells of 100 pixels, and two specks; exact distances."""
    labels = np.zeros((40, 60), np.int32)
    for number, column in enumerate((2, 16, 30), 1):
        labels[3:13, column : column + 10] = number
    labels[20:23, 5:8] = 4
    labels[20:23, 30:33] = 5
    return labels, depths(labels)


def depths(labels):
    away = edt.edt(labels.astype(np.uint32), black_border=False)
    return np.clip(np.where(labels > 0, away - 0.5, -1), -DEPTH, DEPTH).astype(np.float32)


def test_shallow_specks_of_an_unsure_map_go():
    labels, phi = some()
    phi *= 0.6
    phi[labels == 5] = 4  # sure of this one
    np.testing.assert_array_equal(without_specks(labels, phi, 0.3, DEPTH), np.where(labels == 4, 0, labels))


@pytest.mark.parametrize("share", [0.0, 0.3, 1.0])
def test_exact_maps_have_none(share):
    for labels in (some()[0], *(truth() for truth in TRUTHS.values())):
        np.testing.assert_array_equal(without_specks(labels, depths(labels), share, DEPTH), labels)


def test_size_alone_is_no_reason():
    labels, phi = some()
    phi = np.where(labels > 0, 2, -1).astype(np.float32)
    np.testing.assert_array_equal(without_specks(labels, phi, 0.3, DEPTH), labels)
    np.testing.assert_array_equal(without_specks(labels, 0.5 * depths(labels), 0.0, DEPTH), labels)


def test_nothing_stays_nothing():
    nothing = np.zeros((3, 4), np.int32)
    np.testing.assert_array_equal(without_specks(nothing, np.ones((3, 4), np.float32), 0.3, DEPTH), nothing)
    everything = nothing + 1
    np.testing.assert_array_equal(
        without_specks(everything, np.ones((3, 4), np.float32), 0.3, DEPTH), everything
    )
