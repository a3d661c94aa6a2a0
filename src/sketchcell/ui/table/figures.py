"""The figures of the measured planes, in a sentence."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas

_MEGA = 1e6  # pixels in a megapixel, µm² in a mm²


def figures(table: pandas.DataFrame, pixels: int) -> str:
    """Say how many cells there are, how much they cover, how large and how dense they are.

    Parameters
    ----------
    table
        Of all cells; with ``area_um2``, sizes are in µm, and with ``neighbours``, their mean is said.
    pixels
        Of all planes together.
    """
    count, area = len(table), float(table["area"].sum())
    words = [f"{count:,} cell{'' if count == 1 else 's'}", f"{area / pixels:.1%} covered"]
    if not count or not area:
        return words[0]
    if "area_um2" in table:
        true = float(table["area_um2"].sum())
        words += [
            f"mean area {true / count:.4g} µm²",
            f"{count / (pixels * true / area) * _MEGA:,.4g} cells/mm²",
        ]
    else:
        words += [f"mean area {area / count:.4g} px", f"{count / pixels * _MEGA:,.4g} cells/megapixel"]
    if "neighbours" in table:
        words.append(f"{table['neighbours'].mean():.2g} neighbours each")
    return " · ".join(words)
