"""All pages of the documentation, rendered once in each process, and the search in them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from django.conf import settings
from django.urls import reverse

from playground.docs.contents import PAGES, SECTIONS, Page
from playground.docs.rendering import Document, Passage, render

MAX_QUERY_LENGTH = 100
MAX_WORDS = 8
MAX_RESULTS = 30
SNIPPET_LENGTH = 220
TITLE_WEIGHT, HEADING_WEIGHT, MAX_TEXT_WEIGHT = 12, 8, 5


@dataclass(frozen=True)
class Entry:
    """A page and its document."""

    page: Page
    document: Document

    @property
    def url(self) -> str:
        return get_address(self.page.name)


@dataclass(frozen=True)
class Shelf:
    """The entries of one section of the table of contents."""

    title: str
    entries: tuple[Entry, ...]


@dataclass(frozen=True)
class Result:
    """A passage that the search found.

    `snippet` has pieces of its text, each with whether it is a word of the query.
    """

    entry: Entry
    passage: Passage
    snippet: tuple[tuple[str, bool], ...]

    @property
    def url(self) -> str:
        anchor = self.passage.heading.anchor
        return self.entry.url if self.passage.heading.level == 1 else f"{self.entry.url}#{anchor}"


def get_address(name: str) -> str:
    """Return the address of a page. Raises KeyError for a name that is not in the table of contents."""
    return reverse("docs_page", args=[PAGES[name].name])


def get_shelves() -> tuple[Shelf, ...]:
    """Return the table of contents. With DEBUG the files are read again each time."""
    if settings.DEBUG:
        return _render_all()
    return _render_all_once()


def find_entry(name: str) -> Entry | None:
    """Return the page with that name, or None."""
    return next((entry for entry in list_entries() if entry.page.name == name), None)


def list_entries() -> list[Entry]:
    """Return all pages in the order of the table of contents."""
    return [entry for shelf in get_shelves() for entry in shelf.entries]


def search(query: str) -> list[Result]:
    """Return the passages that contain every word of a query, best first.

    A word also matches within a longer one, so that `worker` finds `TRAINING_WORKERS`. A word in the title of a page or
    in a heading counts more than in the text.
    """
    words = list(dict.fromkeys(query[:MAX_QUERY_LENGTH].lower().split()))[:MAX_WORDS]
    if not words:
        return []
    scored = [(_score(entry, passage, words), entry, passage) for entry, passage in _list_passages()]
    best = sorted((each for each in scored if each[0]), key=lambda each: -each[0])[:MAX_RESULTS]
    return [Result(entry, passage, _mark(passage.text, words)) for _, entry, passage in best]


def _render_all() -> tuple[Shelf, ...]:
    return tuple(
        Shelf(section.title, tuple(Entry(page, render(page.read(), get_address)) for page in section.pages))
        for section in SECTIONS
    )


_render_all_once = cache(_render_all)


def _list_passages() -> Iterator[tuple[Entry, Passage]]:
    for entry in list_entries():
        for passage in entry.document.passages:
            yield entry, passage


def _score(entry: Entry, passage: Passage, words: list[str]) -> int:
    title, heading, text = (each.lower() for each in (entry.document.title, passage.heading.text, passage.text))
    total = 0
    for word in words:
        score = min(text.count(word), MAX_TEXT_WEIGHT) + HEADING_WEIGHT * (word in heading)
        # The title alone makes the page's first passage a result, not all of them.
        if not score and word not in title:
            return 0
        total += score + TITLE_WEIGHT * (word in title and passage.heading.level == 1)
    return total


def _mark(text: str, words: list[str]) -> tuple[tuple[str, bool], ...]:
    """Return the part of a text around the first of the words, in pieces with whether each is one of the words."""
    # Longer words first, so that a word does not hide another that begins with it.
    pattern = re.compile("|".join(re.escape(word) for word in sorted(words, key=len, reverse=True)), re.IGNORECASE)
    first = pattern.search(text)
    start = max(0, first.start() - SNIPPET_LENGTH // 3) if first else 0
    if start:
        start = text.rfind(" ", 0, start) + 1
    part = text[start : start + SNIPPET_LENGTH]
    is_cut = start + SNIPPET_LENGTH < len(text)
    if is_cut:
        part = part[: part.rfind(" ")]
    pieces, end = [("… " if start else "", False)], 0
    for match in pattern.finditer(part):
        pieces += [(part[end : match.start()], False), (match.group(), True)]
        end = match.end()
    pieces += [(part[end:], False), (" …" if is_cut else "", False)]
    return tuple(piece for piece in pieces if piece[0])
