"""The plugin's menu, shown under *Plugins* as well."""

from __future__ import annotations

from contextlib import suppress

MENU = "napari-sketchcell/menu"
"""As the manifest names it, which may put it under *Layers* only."""
_PLUGINS = "napari/plugins"


def show_under_plugins() -> None:
    """Put the menu under *Plugins*, once; where napari has no such place, it is under *Layers* only."""
    with suppress(ImportError, AttributeError):  # none of this is napari's public interface
        from app_model.types import SubmenuItem
        from napari._app_model import get_app_model

        menus = get_app_model().menus
        there = menus.get_menu(_PLUGINS) if _PLUGINS in menus else []
        if not any(getattr(item, "submenu", None) == MENU for item in there):
            menus.append_menu_items([(_PLUGINS, SubmenuItem(submenu=MENU, title="Sketch && Train"))])
