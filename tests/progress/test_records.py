"""Valid keys of questions, and the format of progress on the wire."""

from __future__ import annotations

import unittest

from progress.records import QuestionKey, Record, check_points, parse_wire

A = QuestionKey("m1", "s1", "q1")


class QuestionKeyTests(unittest.TestCase):
    def test_any_text_of_1_to_100_characters_is_an_identifier(self):
        for identifier in ("7", "a b", " ", "a.b/c", "学" * 100, "🧠", "x" * 100, "\u00a0", "e\u0301", "👩‍🏫"):
            self.assertEqual(QuestionKey(identifier, identifier, identifier).module_id, identifier)

    def test_what_no_storage_could_keep_is_refused_in_each_place(self):
        for identifier in ("", "x" * 101, "a\0b", "a\nb", "\t", "\x7f", "\x85", "\ud800", 7, None, b"a", ["a"]):
            for place in range(3):
                parts: list = ["a", "b", "c"]
                parts[place] = identifier
                with self.subTest(repr(identifier), place=place), self.assertRaises(ValueError):
                    QuestionKey(*parts)

    def test_the_names_of_totals_are_refused_where_they_would_hide_one(self):
        for parts in (("m", "modulePoints", "q"), ("m", "s", "sectionPoints")):
            with self.assertRaises(ValueError):
                QuestionKey(*parts)
        QuestionKey("modulePoints", "sectionPoints", "modulePoints")

    def test_points_are_whole_and_bounded(self):
        for points in (0, 1, 1_000_000):
            check_points(points)
        for wrong in (-1, 1_000_001, 1.0, True, "1", None):
            with self.subTest(wrong), self.assertRaises(ValueError):
                check_points(wrong)


class WireTests(unittest.TestCase):
    def test_progress_is_told_by_module_section_and_question_with_totals(self):
        earned = {
            A: 10,
            QuestionKey("m1", "s1", "q2"): 5,
            QuestionKey("m1", "s2", "q1"): 1,
            QuestionKey("m2", "s", "q"): 2,
        }
        self.assertEqual(
            Record("user:1", earned).to_wire(),
            {
                "m1": {
                    "modulePoints": 16,
                    "s1": {"sectionPoints": 15, "q1": 10, "q2": 5},
                    "s2": {"sectionPoints": 1, "q1": 1},
                },
                "m2": {"modulePoints": 2, "s": {"sectionPoints": 2, "q": 2}},
            },
        )
        self.assertEqual(Record("user:1").to_wire(), {})

    def test_what_was_told_can_be_read_back(self):
        earned = {
            A: 10,
            QuestionKey("modulePoints", "sectionPoints", "modulePoints"): 5,
            QuestionKey("m1", "7", "0"): 0,
        }
        self.assertEqual(parse_wire(Record("user:1", earned).to_wire()), earned)
        self.assertEqual(parse_wire({}), {})

    def test_other_forms_are_refused(self):
        for wrong in (None, [], "{}", {"m": 1}, {"m": {"s": 1}}, {"m": {"s": {"q": "1"}}}, {"m": {"s": {"q": -1}}},
                      {"m": {"s": {"q": True}}}, {"": {"s": {"q": 1}}}, {"m": {"s": {"a\nb": 1}}}):  # fmt: skip
            with self.subTest(wrong), self.assertRaises(ValueError):
                parse_wire(wrong)
