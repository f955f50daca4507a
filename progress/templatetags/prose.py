"""Markdown on the pages and in the admin's preview. HTML in it stays text."""

from __future__ import annotations

from django import template
from django.utils.safestring import SafeString, mark_safe
from markdown_it import MarkdownIt

register = template.Library()
_renderer = MarkdownIt("commonmark", {"html": False}).enable("table")


@register.filter
def prose(text: str) -> SafeString:
    return mark_safe(_renderer.render(text))  # noqa: S308 - the renderer escapes, and refuses links to scripts


@register.filter
def prose_line(text: str) -> SafeString:
    """Without paragraphs, for where a line belongs."""
    return mark_safe(_renderer.renderInline(text))  # noqa: S308 - as above
