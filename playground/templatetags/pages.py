"""Links of the navigation, which say where the reader is."""

from __future__ import annotations

from typing import Any

from django import template
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

register = template.Library()


@register.simple_tag(takes_context=True)
def page_link(context: dict[str, Any], name: str, text: str) -> SafeString:
    """A link to the page of that name: `page` when it is this one, `true` when this one is below it."""
    url, path = reverse(name), context["request"].path
    if path == url:
        return format_html('<a href="{}" aria-current="page">{}</a>', url, text)
    if url != "/" and path.startswith(url):
        return format_html('<a href="{}" aria-current="true">{}</a>', url, text)
    return format_html('<a href="{}">{}</a>', url, text)


@register.filter
def words(name: str) -> str:
    """balanced_accuracy -> balanced accuracy"""
    return name.replace("_", " ")
