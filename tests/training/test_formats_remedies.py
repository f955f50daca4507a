"""Remedies lead out of every problem: applied one after the other, the table trains or a person has to decide."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, BinaryIO

from django.test import SimpleTestCase

from training.datasets.plan import Plan, make_plan
from training.datasets.preprocessing import prepare
from training.datasets.sources import Inline, load_table
from training.exceptions import SpecRefused
from training.limits import Limits
from training.messages.problems import PatchOperation, Problem
from training.problems import describe_refusal
from training.spec import TrainingSpec

ROUNDS = 8  # remedies that one table may need
MUST_DECIDE = {
    "too_few_rows", "one_class", "one_value", "no_usable_feature", "too_many_classes", "target_not_numeric",
    "not_numbers", "not_boolean", "extreme_numbers", "train_split_too_small",
}  # fmt: skip


def lines(header: str, row: Callable[[int], str], count: int = 60) -> str:
    return header + "\n" + "".join(row(n) + "\n" for n in range(count))


SETTINGS: dict[str, tuple[str, dict[str, Any]]] = {
    "units that mix": (lines("w,x,y", lambda n: f"{n + 1} {'kg' if n % 3 else 'lb'},{n % 7},{'ab'[n % 2]}"), {"target": "y"}),
    "a target whose units mix": (lines("x,w", lambda n: f"{n % 7},{n + 1} {'kg' if n % 3 else 'lb'}"), {"target": "w", "problem_type": "regression"}),
    "a target whose units mix, as classes": (lines("x,w", lambda n: f"{n % 7},{n + 1} {'kg' if n % 3 else 'lb'}"), {"target": "w"}),
    "a censored target": (lines("x,w", lambda n: f"{n % 7},{'<5.0' if n % 4 == 0 else n + 5.5}"), {"target": "w"}),
    "days and months": (lines("d,x,y", lambda n: f"0{1 + n % 9}/0{1 + n % 7}/2024,{n % 7},{'ab'[n % 2]}"), {"target": "y"}),
    "no target": (lines("a,b,c", lambda n: f"{n % 7},{n % 5},{'pq'[n % 2]}"), {}),
    "a guessed target": (lines("a,b,label", lambda n: f"{n % 7},{n % 5},{'pq'[n % 2]}"), {}),
    "a misspelt target": (lines("a,b,colour", lambda n: f"{n % 7},{n % 5},{'pq'[n % 2]}"), {"target": "color"}),
    "labels nearly alike": (lines("x,c,y", lambda n: f"{n % 9},{('Red', 'red', 'blue ')[n % 3]},{('Yes', 'yes', 'No', 'no.')[n % 4]}"), {"target": "y"}),
    "None in the target": (lines("x,y", lambda n: f"{n % 9},{('None', 'Some', '')[n % 3]}"), {"target": "y"}),
    "text with few numbers": (lines("t,x,y", lambda n: f"{n * 3 if n % 3 else 'about ' + str(n)},{n % 7},{'ab'[n % 2]}"), {"target": "y"}),
    "text as a regression's target": (lines("x,y", lambda n: f"{n % 7},{('low', 'high')[n % 2]}"), {"target": "y", "problem_type": "regression"}),
    "names as a regression's target": (lines("x,y", lambda n: f"{n % 7},person {n}"), {"target": "y", "problem_type": "regression"}),
    "amounts as classes": (lines("x,y", lambda n: f"{n % 7},{n * 1.5}"), {"target": "y", "problem_type": "classification"}),
    "codes with zeros": (lines("z,y", lambda n: f"{n % 9:03},{n % 3:02}"), {"target": "y"}),
    "only identifiers": (lines("id,y", lambda n: f"{n},{'ab'[n % 2]}"), {"target": "y"}),
    "a thousand or a little more than one": (lines("x;y", lambda n: f"{1 + n % 9},{n * 7 % 900 + 100};{'ab'[n % 2]}"), {"target": "y"}),
    "huge numbers": (lines("x,z,y", lambda n: f"{'1e400' if n == 3 else n % 7},{'-1e308' if n == 5 else n},{'ab'[n % 2]}"), {"target": "y"}),
    "numbers that are called dates": (lines("x,z,y", lambda n: f"{n % 7},{n},{'ab'[n % 2]}"), {"target": "y", "column_types": {"x": "category"}}),
    "years with two digits": (lines("d,y", lambda n: f"{13 + n % 9}/0{1 + n % 7}/21,{'ab'[n % 2]}"), {"target": "y"}),
    "errors of a spreadsheet": (lines("x,y", lambda n: f"{'#DIV/0!' if n % 4 == 0 else n},{'ab'[n % 2] if n % 9 else '#REF!'}"), {"target": "y"}),
    "decimal commas where points were chosen": (lines("x;y", lambda n: f"{n},5;{'ab'[n % 2]}"), {"target": "y", "reading": {"decimal": "."}}),
    "a regression's target with commas": (lines("x;y", lambda n: f"{n % 7};{n},5"), {"target": "y", "problem_type": "regression", "reading": {"decimal": "."}}),
    "numbers by choice with commas": (lines("x;y", lambda n: f"{n},5;{'ab'[n % 2]}"), {"target": "y", "column_types": {"x": "number"}, "reading": {"decimal": "."}}),
    "times with the name of a zone": (lines("t,x,y", lambda n: f"{n % 24:02}:15 CET,{n % 7},{'ab'[n % 2]}"), {"target": "y"}),
    "months of another language": (lines("d,x,y", lambda n: f"{1 + n % 28} janvier {1950 + n},{n % 7},{'ab'[n % 2]}"), {"target": "y"}),
    "three labels as a boolean": (lines("c,x,y", lambda n: f"{'pqr'[n % 3]},{n % 7},{'ab'[n % 2]}"), {"target": "y", "column_types": {"c": "boolean"}}),
    "decided columns": (lines("d,c,y", lambda n: f"0{1 + n % 9}/0{1 + n % 7}/2024,{('Red', 'red')[n % 2]},{'ab'[n % 3 > 1]}"), {"target": "y", "column_types": {"c": {"type": "category"}}}),
}  # fmt: skip


def plan(content: str, fields: dict[str, Any]) -> Plan:
    spec = TrainingSpec.model_validate(fields)
    source = Inline(text=content, reading=spec.reading)
    return make_plan(load_table(source, open_nothing), spec, Limits())


def open_nothing(location: str) -> BinaryIO:
    raise AssertionError(f"nothing is stored at {location}")


def apply(fields: dict[str, Any], operations: Iterable[PatchOperation]) -> dict[str, Any]:
    """Apply a JSON Patch to the fields of a spec."""
    patched = copy.deepcopy(fields)
    for operation in operations:
        *parents, last = operation.path.strip("/").split("/")
        assert not parents, f"{operation.path} has no parent in the spec"
        if operation.op == "remove":
            del patched[last]
        else:
            patched[last] = operation.value
    return patched


def look(content: str, fields: dict[str, Any]) -> tuple[Problem | None, Sequence[Problem]]:
    """The refusal, or None and the notes."""
    try:
        made = plan(content, fields)
        prepare(made)
    except SpecRefused as refused:
        return describe_refusal(refused), ()
    return None, made.notes


def find_ways(refusal: Problem) -> list[list[PatchOperation]]:
    """Return the fix of a refusal, or the patches of its choices."""
    return [refusal.fix] if refusal.fix else [choice.fix for choice in refusal.choices]


def follow(content: str, fields: dict[str, Any], path: tuple[Problem, ...]) -> Iterator[tuple[Problem, ...]]:
    """Apply each way out of each refusal. Yield the refusals on the way to each end, where a path may end early.

    A path ends where the table trains, where a refusal has no way out, at a code that is on the path twice, and after
    more than ROUNDS refusals.
    """
    refusal, _ = look(content, fields)
    if refusal is None:
        yield path
        return
    is_circle = any(refusal.code == each.code for each in path)
    path = (*path, refusal)
    ways = find_ways(refusal)
    if is_circle or len(path) > ROUNDS or not ways:
        yield path
        return
    for way in ways:
        yield from follow(content, apply(fields, way), path)


class RemedyTests(SimpleTestCase):
    def test_each_way_out_ends_in_training_or_with_a_person(self):
        for name, (content, fields) in SETTINGS.items():
            with self.subTest(table=name):
                ends = list(follow(content, fields, ()))
                self.assertTrue(ends)
                for path in ends:
                    codes = [refusal.code for refusal in path]
                    self.assertLessEqual(len(path), ROUNDS, codes)
                    self.assertEqual(len(set(codes)), len(codes), f"leads in a circle: {codes}")
                    self.assertTrue(all(refusal.hint for refusal in path), codes)
                    if path and not find_ways(path[-1]):
                        self.assertIn(codes[-1], MUST_DECIDE)

    def test_each_fix_and_choice_of_a_note_settles_it(self):
        for name, (content, fields) in SETTINGS.items():
            _, notes = look(content, fields)
            for note in notes:
                for way in [note.fix, *(choice.fix for choice in note.choices)]:
                    if not way:
                        continue
                    with self.subTest(table=name, note=note.code, way=way):
                        refusal, after = look(content, apply(fields, way))
                        if refusal is not None:
                            self.assertIn(refusal.code, MUST_DECIDE, refusal)
                        self.assertNotIn((note.code, note.where), [(each.code, each.where) for each in after])

    def test_a_fix_keeps_what_was_chosen_for_other_columns(self):
        content, fields = SETTINGS["decided columns"]
        refusal, _ = look(content, fields)
        self.assertEqual(refusal.code, "ambiguous_date")
        decided = apply(fields, refusal.choices[0].fix)
        self.assertEqual(decided["column_types"], {"c": {"type": "category"}, "d": {"day_first": True}})
        _, notes = look(content, decided)
        (alike,) = [note for note in notes if note.code == "labels_nearly_alike"]
        merged = apply(decided, alike.fix)
        self.assertEqual(merged["column_types"]["d"], {"day_first": True})
        self.assertEqual(merged["column_types"]["c"]["merge"], {"red": "Red"})
