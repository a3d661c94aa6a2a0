"""What others should know of a model: who made it, what it is for, what they may do with it."""

from __future__ import annotations

import re
import string
from dataclasses import dataclass
from typing import get_args

from sketchcell.errors import SketchcellError
from sketchcell.export.libraries import require

_TITLE = (5, 128)  # letters: as BioImage.IO has it
_TITLE_LETTERS = set(string.ascii_letters + string.digits + "_+- ()")
_LONGEST = 1024  # letters of a description


@dataclass(frozen=True)
class Author:
    """Somebody who made a model.

    Attributes
    ----------
    name, affiliation
        Of the person.
    orcid
        As in 0000-0002-1825-0097.
    """

    name: str
    affiliation: str | None = None
    orcid: str | None = None

    @classmethod
    def of(cls, words: str) -> Author:
        """Return the author that words like ``Name; Affiliation; ORCID`` stand for.

        Raises
        ------
        SketchcellError
            When there are more parts.
        """
        name, affiliation, orcid, *rest = [part.strip() for part in words.split(";")] + ["", ""]
        if any(rest):
            raise SketchcellError(f"'{words}' is not an author; write 'Name; Affiliation; ORCID'.")
        return cls(name, affiliation or None, orcid or None)


@dataclass(frozen=True)
class About:
    """Describes a model to others.

    Attributes
    ----------
    title
        5 to 128 letters, digits, blanks, ``_+-()``.
    authors
        At least one.
    licence
        Identifier of the SPDX list, as ``CC-BY-4.0``; see `licences`.
    description
        What it is for, and what it learned from.
    citation, doi
        What to cite, in words and as a DOI (``10.…``).
    tags
        Words to find it by.
    """

    title: str = ""
    authors: tuple[Author, ...] = ()
    licence: str = ""
    description: str = ""
    citation: str = ""
    doi: str = ""
    tags: tuple[str, ...] = ()


def title_from(name: str) -> str:
    """Return a title for a model that has none, from the name of its folder or file."""
    shortest, longest = _TITLE
    plain = "".join(letter if letter in _TITLE_LETTERS else " " for letter in name)
    title = " ".join(plain.split())[:longest]
    return title if len(title) >= shortest else f"Model {title}".strip()


def licences() -> tuple[str, ...]:
    """Return the identifiers of the SPDX list, in alphabetical order.

    Raises
    ------
    SketchcellError
        When `bioimageio.spec`, which knows them, is not installed.
    """
    generic = require("bioimageio.spec.generic.v0_3", "a BioImage.IO package")
    known = get_args(generic.LicenseId.root_model.model_fields["root"].annotation)
    return tuple(sorted(known, key=str.casefold))


def check_about(about: About | None, needs: tuple[str, ...]) -> About:
    """Return what describes a model, if it is complete and well formed.

    Parameters
    ----------
    about
        What is known; None: nothing.
    needs
        Of its fields, those that must be given.

    Raises
    ------
    SketchcellError
        When something is missing or not as it must be.
    """
    about = about or About()
    missing = [name for name in needs if not getattr(about, name)]
    if missing:
        raise SketchcellError(
            f"This format needs to know: {', '.join(missing)}. Others must know whose model it is and what "
            "they may do with it."
        )
    if about.title:
        _check_title(about.title)
    if len(about.description) > _LONGEST:
        raise SketchcellError(f"The description is longer than {_LONGEST} letters; shorten it.")
    for author in about.authors:
        _check_author(author)
    if about.licence and "licence" in needs and about.licence not in licences():
        raise SketchcellError(
            f"'{about.licence}' is not an identifier of the SPDX list (spdx.org/licenses); CC-BY-4.0, MIT "
            "and BSD-3-Clause are."
        )
    if about.doi and not re.fullmatch(r"10\.\d{4,9}/\S+", about.doi):
        raise SketchcellError(f"'{about.doi}' is not a DOI; one looks like 10.1038/s41592-020-01018-x.")
    return about


def _check_title(title: str) -> None:
    shortest, longest = _TITLE
    wrong = "".join(sorted(set(title) - _TITLE_LETTERS))
    if wrong or not shortest <= len(title) <= longest:
        what = f"'{wrong}' cannot be in it" if wrong else f"this one has {len(title)}"
        raise SketchcellError(
            f"The title must have {shortest} to {longest} letters, digits, blanks or _+-(); {what}."
        )


def _check_author(author: Author) -> None:
    if not author.name.strip() or "/" in author.name or "\\" in author.name:
        raise SketchcellError(f"'{author.name}' is not the name of an author.")
    if author.orcid is not None and not _is_orcid(author.orcid):
        raise SketchcellError(
            f"'{author.orcid}' is not an ORCID; one looks like 0000-0002-1825-0097 and ends in a check digit."
        )


def _is_orcid(word: str) -> bool:
    if not re.fullmatch(r"(\d{4}-){3}\d{3}[\dX]", word):
        return False
    digits = word.replace("-", "")
    total = 0
    for digit in digits[:-1]:  # ISO 7064, MOD 11-2
        total = (total + int(digit)) * 2
    return digits[-1] == "0123456789X"[(12 - total % 11) % 11]
