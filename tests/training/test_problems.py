"""The table of codes is complete and holds nothing that is never used: the sources are read for codes."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterator
from pathlib import Path

from django.test import SimpleTestCase

from playground.wire.errors import PlaygroundError
from training import exceptions
from training.datasets.features import LEFT_OUT
from training.messages.problems import Level
from training.problems import CODES, build_problem

SOURCES = sorted((Path(__file__).parents[2] / "training").rglob("*.py"))
TAKES_CODE_FIRST = {"build_problem", "_report", "_note", "_build", "_mend", "build_refusal"}


def codes_in(tree: ast.AST) -> Iterator[str]:
    """Yield the problem codes in the source: `code="…"`, and the first argument of functions that build problems."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        name = getattr(node.func, "id", getattr(node.func, "attr", ""))
        if name in TAKES_CODE_FIRST and node.args:
            yield from _text(node.args[0])
        if name == "get_entry":
            yield from (f"unknown_{kind}" for kind in _text(node.args[2]))
        for keyword in node.keywords:
            if keyword.arg == "code":
                yield from _text(keyword.value)


def _text(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value.isidentifier():
        yield node.value


def used_codes() -> set[str]:
    found = {code for path in SOURCES for code in codes_in(ast.parse(path.read_text()))}
    found |= {code for code, _ in LEFT_OUT.values()}
    for _, kind in inspect.getmembers(exceptions, inspect.isclass):
        if issubclass(kind, PlaygroundError) and kind.__module__ == exceptions.__name__:
            found.add(kind.code)
    return found - {exceptions.SpecRefused.code}  # which is always replaced by that of the problem


class TableTests(SimpleTestCase):
    def test_every_code_in_the_sources_is_documented(self):
        self.assertEqual(used_codes() - set(CODES), set())

    def test_every_code_that_is_documented_is_used(self):
        self.assertEqual(set(CODES) - used_codes(), set())

    def test_the_reading_sees_codes_wherever_they_stand(self):
        for expected in ("wrong_output_size", "mixed_column", "no_data", "unknown_layer", "fewer_terms", "diverged",
                         "one_class", "target_leak", "window_too_large", "bad_argument"):  # fmt: skip
            self.assertIn(expected, used_codes())
        self.assertEqual(list(codes_in(ast.parse("build_problem('made_up', 'x')"))), ["made_up"])

    def test_each_has_a_level_and_a_sentence(self):
        for code, entry in CODES.items():
            with self.subTest(code=code):
                self.assertIsInstance(entry.level, Level)
                self.assertRegex(entry.meaning, r"^[A-Z].*\.$")
                self.assertIs(build_problem(code, "target").level, entry.level)
                self.assertEqual(build_problem(code, "target").message, entry.meaning)

    def test_what_is_not_in_it_cannot_be_built(self):
        with self.assertRaises(KeyError):
            build_problem("made_up", "target")
