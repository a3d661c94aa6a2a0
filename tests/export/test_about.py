"""What people must say of a model before it is given to others."""

from dataclasses import replace

import pytest

from sketchcell.errors import SketchcellError
from sketchcell.export.about import About, Author, check_about, licences, title_from

NEEDS = ("title", "authors", "licence")


def test_complete(about):
    assert check_about(about, NEEDS) is about
    assert check_about(None, ()) == About()


@pytest.mark.parametrize(
    ("name", "title"),
    [("my_model", "my_model"), ("Zellen: Kerne/ä.1", "Zellen Kerne 1"), ("a", "Model a"), ("ж", "Model")],
)
def test_a_title_from_a_name(name, title, about):
    assert title_from(name) == title
    assert check_about(replace(about, title=title), NEEDS).title == title


def test_long_names_are_cut():
    assert len(title_from("n" * 300)) == 128


@pytest.mark.parametrize(
    ("words", "author"),
    [
        ("Ada Lovelace", Author("Ada Lovelace")),
        (" Ada ;; 0000-0002-1825-0097 ", Author("Ada", None, "0000-0002-1825-0097")),
        ("Ada; London;", Author("Ada", "London")),
    ],
)
def test_authors_in_words(words, author):
    assert Author.of(words) == author


def test_what_is_no_author():
    with pytest.raises(SketchcellError, match="'a;b;c;d' is not an author"):
        Author.of("a;b;c;d")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"title": ""}, "title"),
        ({"title": "abc"}, "5 to 128"),
        ({"title": "Cells: now!"}, "'!:' cannot"),
        ({"authors": ()}, "authors"),
        ({"authors": (Author("A/B"),)}, "not the name"),
        ({"authors": (Author("A", None, "0000-0002-1825-0098"),)}, "check digit"),
        ({"authors": (Author("A", None, "1825"),)}, "not an ORCID"),
        ({"licence": "mine"}, "SPDX"),
        ({"licence": ""}, "licence"),
        ({"doi": "doi.org/1"}, "DOI"),
        ({"description": "a" * 1025}, "shorten"),
    ],
)
def test_mistakes(about, changes, message):
    with pytest.raises(SketchcellError, match=message):
        check_about(replace(about, **changes), NEEDS)


def test_orcids_with_an_x(about):
    check_about(replace(about, authors=(Author("A", None, "0000-0002-1694-233X"),)), NEEDS)


def test_licences_are_those_of_spdx():
    known = licences()

    assert {"CC-BY-4.0", "MIT", "BSD-3-Clause", "CC0-1.0"} <= set(known)
    assert list(known) == sorted(known, key=str.casefold)
