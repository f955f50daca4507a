"""The table of contents. It is also the list of the pages that /docs/ may show.

An address contains the name of a page, which is looked up in `PAGES`. It never becomes a path of a file.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from playground.docs.limits import build_page as build_limits_page
from playground.environment.page import build_page as build_settings_page

FOLDER = Path(__file__).resolve().parent


@dataclass(frozen=True)
class Page:
    """A page of the documentation.

    Parameters
    ----------
    name
        The last part of the page's address, and the name of its Markdown file without `.md`.
    build
        A function that returns the page's Markdown. `manage.py build_docs` writes the file from it. Without a function
        the file is read.
    """

    name: str
    build: Callable[[], str] | None = None

    @property
    def path(self) -> Path:
        """The page's Markdown file, which GitHub shows too."""
        return FOLDER / f"{self.name}.md"

    def read(self) -> str:
        """Return the page's Markdown. Its first line is the title, `# …`."""
        return self.build() if self.build else self.path.read_text(encoding="utf-8")


@dataclass(frozen=True)
class Section:
    """Pages for one purpose, in the order in which they are read."""

    title: str
    pages: tuple[Page, ...]


SECTIONS = (
    Section(
        "Use it",
        (
            Page("first-steps"),
            Page("data"),
            Page("models"),
            Page("splits"),
            Page("results"),
            Page("sweeps"),
            Page("downloads"),
        ),
    ),
    Section(
        "Teach with it",
        (
            Page("teaching"),
            Page("modules"),
        ),
    ),
    Section(
        "Build a front end",
        (
            Page("front-end"),
            Page("events"),
            Page("progress-events"),
            Page("connections"),
        ),
    ),
    Section(
        "Run it in production",
        (
            Page("install"),
            Page("operate"),
            Page("mail"),
            Page("dynamodb"),
            Page("capacity"),
            Page("benchmarks"),
            Page("security"),
            Page("permissions"),
        ),
    ),
    Section("Settings", (Page("settings", build_settings_page), Page("limits", build_limits_page))),
    Section("How it works", (Page("how-it-works"),)),
    Section(
        "Add a layer, an estimator, …",
        (
            Page("extend"),
            Page("testing"),
        ),
    ),
)

PAGES = {page.name: page for section in SECTIONS for page in section.pages}
