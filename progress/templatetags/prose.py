"""Template filters for Markdown."""

from __future__ import annotations

from django import template
from django.utils.safestring import SafeString, mark_safe

from progress.prose import render_line, render_prose

register = template.Library()


@register.filter
def prose(text: str) -> SafeString:
    """Return paragraphs, lists and tables as HTML."""
    return mark_safe(render_prose(text))  # noqa: S308 - the renderer escapes, and refuses links to scripts


@register.filter
def prose_line(text: str) -> SafeString:
    """Return one line as HTML, without a paragraph around it."""
    return mark_safe(render_line(text))  # noqa: S308 - as above
