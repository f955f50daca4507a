"""Render the catalogue's Markdown as HTML for pages, the admin's preview and messages.

HTML inside the Markdown is escaped, and links to scripts are refused.
"""

from __future__ import annotations

from markdown_it import MarkdownIt

_renderer = MarkdownIt("commonmark", {"html": False}).enable("table")


def render_prose(text: str) -> str:
    """Return HTML of paragraphs, lists and tables. It is safe to insert into a page."""
    return str(_renderer.render(text))


def render_line(text: str) -> str:
    """Return HTML of one line, without paragraph tags. It is safe to insert into a page."""
    return str(_renderer.renderInline(text))
