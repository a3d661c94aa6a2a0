"""The catalogue: complete, consistent, and honest about what is not known."""

import re
from urllib.parse import urlsplit

import pytest

from sketchcell.errors import SketchcellError
from sketchcell.families import FAMILIES
from sketchcell.pretrained.catalogue import CATALOGUE, PRIOR, get_pretrained, licence_note

ENTRIES = pytest.mark.parametrize("entry", CATALOGUE.values(), ids=CATALOGUE)


@ENTRIES
def test_an_entry_says_what_it_is_and_whose(entry):
    assert CATALOGUE[entry.name] is entry
    assert entry.family in FAMILIES or entry.name == PRIOR
    assert all((entry.title, entry.network, entry.format, entry.trained_on, entry.licence))
    assert urlsplit(entry.page).scheme == "https"
    assert (entry.address is None) == (entry.shipped is not None)
    assert entry.address is None or urlsplit(entry.address).scheme == "https"
    assert entry.size is None or entry.size > 1_000_000
    assert entry.diameter is None or entry.diameter >= 0


@ENTRIES
def test_a_hash_is_whole_or_not_there(entry):
    assert entry.sha256 is None or re.fullmatch("[0-9a-f]{64}", entry.sha256)
    assert entry.sha256 is None or entry.size is not None


def test_addresses_and_hashes_are_not_repeated():
    for field in ("address", "sha256"):
        values = [getattr(entry, field) for entry in CATALOGUE.values() if getattr(entry, field)]
        assert len(set(values)) == len(values)


@ENTRIES
def test_the_licence_is_one_sentence(entry):
    note = licence_note(entry)
    assert entry.licence in note
    assert ("non-commercial" in note.lower() or "noncommercial" in note.lower()) == entry.non_commercial


def test_names_that_are_not_there():
    with pytest.raises(SketchcellError, match="did you mean 'sam_vit_b'"):
        get_pretrained("sam-vit-b")
