"""The texts of the documentation and the examples in them."""

from __future__ import annotations

import re
import textwrap

from playground.docs.contents import PAGES
from tests.server import ROOT

README = (ROOT / "README.md").read_text()


def read_page(name: str) -> str:
    """Return the Markdown of a page of the documentation."""
    return PAGES[name].read()


def list_examples(text: str, language: str = r"\w*") -> list[str]:
    """Return the blocks of code of a Markdown text in one language, without the indentation of lists."""
    return [
        textwrap.dedent(match["code"])
        for match in re.finditer(rf"^ *```{language}\n(?P<code>.*?)^ *```$", text, re.M | re.S)
    ]


def find_example(page: str, language: str, word: str = "") -> str:
    """Return a page's one example in a language that contains a word."""
    found = [code for code in list_examples(read_page(page), language) if word in code]
    assert len(found) == 1, f"the page {page} has {len(found)} examples in {language} with {word!r}"
    return found[0]
