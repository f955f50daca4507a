"""Markdown of the documentation as HTML, with the headings and links that the pages need.

The files are written for two readers: GitHub, which shows them as they are, and /docs/. Links between them are relative
(`security.md#mail`), as GitHub wants them, and become addresses of /docs/ here.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from django.templatetags.static import static
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from markdown_it import MarkdownIt
from markdown_it.token import Token

STATIC_FOLDER = "../static/"
LOCAL_SERVER = "http://localhost:8000/"
"""Where readers of the files on GitHub find their own server. On /docs/ such a link leads to the same server."""


@dataclass(frozen=True)
class Heading:
    """A heading with the anchor that links to it. `level` is 1 for the page's title."""

    level: int
    text: str
    anchor: str


@dataclass(frozen=True)
class Passage:
    """The text between a heading and the next one: what the search finds. `text` has no markup."""

    heading: Heading
    text: str


@dataclass(frozen=True)
class Document:
    """A rendered page.

    Parameters
    ----------
    lead
        HTML of the title and the text before the second heading.
    body
        HTML of the rest.
    links
        The targets of its links and pictures as the Markdown has them.
    """

    title: str
    lead: SafeString
    body: SafeString
    headings: tuple[Heading, ...]
    passages: tuple[Passage, ...]
    links: tuple[str, ...]

    @property
    def summary(self) -> str:
        """The first sentence after the title."""
        return re.split(r"(?<=[.!?])\s", self.passages[0].text, maxsplit=1)[0]


def render(markdown: str, get_address: Callable[[str], str]) -> Document:
    """Render a page.

    Parameters
    ----------
    markdown
        The page's text. HTML in it is shown as text. The first heading is the title.
    get_address
        Returns the address of the page with a given name. Raises KeyError where there is none.
    """
    # "commonmark" refuses links to scripts; `html=False` escapes tags.
    parser = MarkdownIt("commonmark", {"html": False}).enable("table")
    tokens = parser.parse(markdown)
    headings = _add_anchors(tokens)
    passages = _split_passages(tokens, headings)
    links = tuple(_rewrite_links(tokens, get_address))
    tokens = _let_wide_blocks_scroll(tokens, headings)
    openings = [index for index, token in enumerate(tokens) if token.type == "heading_open"]
    end_of_lead = openings[1] if len(openings) > 1 else len(tokens)
    lead, body = (
        mark_safe(parser.renderer.render(part, parser.options, {}))  # noqa: S308 - escaped, see above
        for part in (tokens[:end_of_lead], tokens[end_of_lead:])
    )
    return Document(headings[0].text, lead, body, headings, passages, links)


def slugify_heading(text: str) -> str:
    """Return the anchor that GitHub gives a heading, so that a link works there and here."""
    return re.sub(r"[^\w\- ]", "", text.strip().lower()).replace(" ", "-")


def _plain_text(token: Token) -> str:
    """Return the text of an inline token without its markup."""
    return "".join(
        " " if child.type in ("softbreak", "hardbreak") else child.content
        for child in token.children or ()
        if child.type in ("text", "code_inline", "softbreak", "hardbreak")
    )


def _add_anchors(tokens: Sequence[Token]) -> tuple[Heading, ...]:
    headings: list[Heading] = []
    for opening, inline in pairwise(tokens):
        if opening.type != "heading_open":
            continue
        text = _plain_text(inline)
        slug = slugify_heading(text)
        same = sum(slug == slugify_heading(heading.text) for heading in headings)
        heading = Heading(int(opening.tag[1:]), text, f"{slug}-{same}" if same else slug)
        opening.attrSet("id", heading.anchor)
        headings.append(heading)
    return tuple(headings)


def _split_passages(tokens: Sequence[Token], headings: Sequence[Heading]) -> tuple[Passage, ...]:
    texts: list[list[str]] = []
    for token in tokens:
        if token.type == "heading_open":
            texts.append([])
        elif token.type == "inline":
            texts[-1].append(_plain_text(token))
        elif token.type == "fence":
            texts[-1].append(token.content)
    # The first text of each passage is its heading.
    return tuple(
        Passage(heading, re.sub(r"\s+", " ", " ".join(text[1:])).strip())
        for heading, text in zip(headings, texts, strict=True)
    )


def _rewrite_links(tokens: Sequence[Token], get_address: Callable[[str], str]) -> list[str]:
    """Turn links of the files into addresses of the server. Return the links as they were."""
    found: list[str] = []
    for token in tokens:
        for child in token.children or ():
            name = {"link_open": "href", "image": "src"}.get(child.type)
            if name is None:
                continue
            link = str(child.attrGet(name))
            found.append(link)
            child.attrSet(name, _find_address(link, get_address))
    return found


def _find_address(link: str, get_address: Callable[[str], str]) -> str:
    if link.startswith(STATIC_FOLDER):
        return static(link.removeprefix(STATIC_FOLDER))
    if link.startswith(LOCAL_SERVER):
        return "/" + link.removeprefix(LOCAL_SERVER)
    page, hash_sign, anchor = link.partition("#")
    if page.endswith(".md"):
        return get_address(page.removesuffix(".md")) + hash_sign + anchor
    return link


def _let_wide_blocks_scroll(tokens: Sequence[Token], headings: Sequence[Heading]) -> list[Token]:
    """Put tables into regions that scroll sideways, and let the keyboard reach those and blocks of code."""
    labels = iter(headings)
    label, tables = "", 0
    result: list[Token] = []
    for token in tokens:
        if token.type == "heading_open":
            label, tables = next(labels).text, 0
        if token.type == "fence":
            token.type, token.tag = "html_block", ""
            token.content = f'<pre tabindex="0"><code>{escape(token.content)}</code></pre>\n'
        if token.type == "table_open":
            tables += 1
            name = escape(f"Table {tables}: {label}" if tables > 1 else f"Table: {label}")
            result.append(_markup(f'<div class="scroll" tabindex="0" role="region" aria-label="{name}">\n'))
        result.append(token)
        if token.type == "table_close":
            result.append(_markup("</div>\n"))
    return result


def _markup(html: str) -> Token:
    return Token("html_block", "", 0, content=html)
