"""Parsing of words: one sentence for a mistake, and types that check what they are given."""

from __future__ import annotations

import argparse
import math
from collections.abc import Sequence
from typing import Any, NoReturn

from sketchcell.errors import SketchcellError


class Parser(argparse.ArgumentParser):
    """An argument parser that raises one sentence instead of printing its usage."""

    def __init__(self, **options: Any) -> None:
        # Abbreviated options would break scripts whenever an option is added.
        super().__init__(**{"allow_abbrev": False} | options)

    def error(self, message: str) -> NoReturn:
        """Raise the mistake."""
        raise SketchcellError(f"{message[0].upper()}{message[1:].rstrip('.')}; see `{self.prog} --help`.")


class VersionAction(argparse.Action):
    """Look the version up only when it is asked for."""

    def __init__(self, option_strings: Sequence[str], dest: str, **_: Any) -> None:
        super().__init__(option_strings, argparse.SUPPRESS, nargs=0, help="show the version and exit")

    def __call__(self, parser: argparse.ArgumentParser, *_: Any) -> NoReturn:
        """Print and exit."""
        from sketchcell import __version__

        print(f"sketchcell {__version__}")
        parser.exit()


def positive_int(word: str) -> int:
    """Return a whole number of at least 1."""
    try:
        number = int(word)
    except ValueError:
        number = 0
    if number < 1:
        raise argparse.ArgumentTypeError(f"'{word}' is not a whole number of at least 1")
    return number


def positive_float(word: str) -> float:
    """Return a finite number above 0."""
    try:
        number = float(word)
    except ValueError:
        number = math.nan
    if not (math.isfinite(number) and number > 0):
        raise argparse.ArgumentTypeError(f"'{word}' is not a number above 0")
    return number


def not_negative(word: str) -> float:
    """Return a finite number from 0 on."""
    try:
        number = float(word)
    except ValueError:
        number = math.nan
    if not (math.isfinite(number) and number >= 0):
        raise argparse.ArgumentTypeError(f"'{word}' is not a number from 0 on")
    return number


def share(word: str) -> float:
    """Return a number above 0 and up to 1."""
    number = positive_float(word)
    if number > 1:
        raise argparse.ArgumentTypeError(f"'{word}' is not a number above 0 and up to 1")
    return number


def seed(word: str) -> int:
    """Return a seed that numpy and torch take."""
    try:
        number = int(word)
    except ValueError:
        number = -1
    if not 0 <= number < 2**32:
        raise argparse.ArgumentTypeError(f"'{word}' is not a whole number from 0 to {2**32 - 1}")
    return number
