"""The themes of pages. Imports no Django."""

from __future__ import annotations

from enum import StrEnum


class Theme(StrEnum):
    """The colours of pages. SYSTEM follows the setting of the visitor's device."""

    SYSTEM = "system"
    LIGHT = "light"
    DARK = "dark"

    @property
    def scheme(self) -> str:
        """Return the value of `<meta name="color-scheme">`, which colours the browser's own controls."""
        return {Theme.SYSTEM: "light dark"}.get(self, self.value)

    @property
    def dark_when(self) -> str:
        """Return the media query under which the dark style sheet applies."""
        return {Theme.SYSTEM: "(prefers-color-scheme: dark)", Theme.LIGHT: "not all", Theme.DARK: "all"}[self]
