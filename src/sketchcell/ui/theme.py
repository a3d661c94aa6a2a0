"""The dock's style sheet, in napari's own colours and in sizes that follow the font."""

from __future__ import annotations

from napari.utils.theme import Theme

_SHEET = """
QLabel#sectionTitle, QLabel#stepTitle {{ font-weight: bold; }}
QLabel#stepBadge {{
  background: {badge}; color: {on_badge}; font-weight: bold;
  border-radius: 0.78em; min-width: 1.5em; max-width: 1.5em; min-height: 1.5em; max-height: 1.5em;
}}
QLabel#stepNote, QLabel[small="true"] {{ font-size: {small}; color: {faint}; }}
QPushButton#stepHeader {{
  background: transparent; border: 1px solid transparent; border-radius: 0.3em; padding: 0px;
}}
QPushButton#stepHeader:hover {{ background: {quiet}; }}
QPushButton#stepHeader:focus {{ border: 1px solid {badge}; }}
QFrame#stepRule {{ background: {quiet}; border: none; min-height: 1px; max-height: 1px; }}
QToolButton {{
  font-size: {small}; padding: 0.3em 0.1em; border-radius: 0.35em; border: 1px solid transparent;
}}
QToolButton:hover {{ background: {quiet}; }}
QToolButton:checked {{ background: {quiet}; border: 1px solid {chosen}; }}
"""
_BADGE = "#0072b2"  # dark enough for white figures, in either theme
_ON_BADGE = "#ffffff"


def style_sheet(theme: Theme) -> str:
    """Return the dock's style sheet.

    Lengths are in ``em`` and so follow the font, which napari sets; Qt itself scales them on screens of high
    resolution.

    Parameters
    ----------
    theme
        One of napari's, light or dark: ``napari.utils.theme.get_theme(viewer.theme)``.
    """
    return _SHEET.format(
        badge=_BADGE,
        on_badge=_ON_BADGE,
        small=small_font(theme),
        faint=faint_ink(theme),
        quiet=theme.foreground.as_hex(format="long"),
        chosen=theme.current.as_hex(format="long"),
    )


def small_font(theme: Theme) -> str:
    """Return the size of notes: a point below napari's, never below what can be read."""
    return f"{max(7, int(theme.font_size.removesuffix('pt')) - 1)}pt"


def faint_ink(theme: Theme) -> str:
    """Return the colour of text that steps back: three quarters ink, one quarter background."""
    ink, ground = theme.text.as_rgb_tuple(alpha=False), theme.background.as_rgb_tuple(alpha=False)
    mixed = (round(0.75 * i + 0.25 * g) for i, g in zip(ink, ground, strict=True))
    return "#" + "".join(f"{value:02x}" for value in mixed)
