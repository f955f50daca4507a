"""The documentation's pages: the table of contents, one page, and the results of a search. Everybody may read them."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from playground.docs import library

NOT_FOUND = {"message": "There is no such page in the documentation.", "hint": "Its table of contents is at /docs/."}


@require_GET
def show_contents(request: HttpRequest) -> HttpResponse:
    return _render(request, "contents")


@require_GET
def show_page(request: HttpRequest, name: str) -> HttpResponse:
    entry = library.find_entry(name)
    if entry is None:
        return render(request, "playground/not_found.html", {"error": NOT_FOUND}, status=404)
    entries = library.list_entries()
    position = entries.index(entry)
    context = {
        "entry": entry,
        "headings": [heading for heading in entry.document.headings if heading.level in (2, 3)],
        "before": entries[position - 1] if position else None,
        "after": entries[position + 1] if position + 1 < len(entries) else None,
    }
    return _render(request, "page", **context)


@require_GET
def show_results(request: HttpRequest) -> HttpResponse:
    query = request.GET.get("q", "")[: library.MAX_QUERY_LENGTH].strip()
    return _render(request, "results", query=query, results=library.search(query))


def _render(request: HttpRequest, template: str, **context: Any) -> HttpResponse:
    context |= {"shelves": library.get_shelves(), "max_query_length": library.MAX_QUERY_LENGTH}
    return render(request, f"playground/docs/{template}.html", context)
