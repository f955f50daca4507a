"""Markdown of the catalogue as HTML: the only renderer, for pages, the admin's preview and messages.

HTML in the Markdown stays text, and links to scripts are refused.
"""

from __future__ import annotations

from markdown_it import MarkdownIt

_renderer = MarkdownIt("commonmark", {"html": False}).enable("table")


def render_prose(text: str) -> str:
    """Return HTML of whole paragraphs, lists and tables. It is safe to insert into a page."""
    return str(_renderer.render(text))


def render_line(text: str) -> str:
    """Return HTML without paragraphs, for where a line belongs. It is safe to insert into a page."""
    return str(_renderer.renderInline(text))
