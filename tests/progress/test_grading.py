"""Right or wrong, for every kind of question and every way that people write an answer."""

from __future__ import annotations

import unittest

from progress.exceptions import AnswerUnreadable, NotAnswerable, UnknownChoice
from progress.grading import grade, parse_number
from tests.progress.lessons import RIGHT, WRONG, build_lesson

QUESTIONS = {question.id: question for section in build_lesson().sections for question in section.questions}


class GradeTests(unittest.TestCase):
    def test_right_answers_are_right_and_wrong_ones_wrong(self):
        for name in RIGHT:
            with self.subTest(name):
                self.assertTrue(grade(QUESTIONS[name], RIGHT[name]).correct)
                self.assertFalse(grade(QUESTIONS[name], WRONG[name]).correct)

    def test_each_choice_that_was_made_has_its_feedback_and_no_other(self):
        verdict = grade(QUESTIONS["one"], "b")
        self.assertEqual(verdict.choices, {"b": "SECRET-feedback-b"})
        self.assertEqual(verdict.feedback, "SECRET-wrong")
        self.assertEqual(grade(QUESTIONS["one"], "a").feedback, "SECRET-right")

    def test_several_choices_are_right_only_when_all_and_none_but_they_are_made(self):
        for answer, correct in ((["a", "c"], True), (["c", "a", "a"], True), (["a"], False), (["a", "b", "c"], False)):
            self.assertIs(grade(QUESTIONS["several"], answer).correct, correct)
        self.assertEqual(grade(QUESTIONS["several"], ["c", "a", "a"]).answer, ["a", "c"])

    def test_a_single_choice_may_come_in_a_list_of_one(self):
        self.assertTrue(grade(QUESTIONS["one"], ["a"]).correct)

    def test_the_edges_of_the_tolerance_are_right_and_beyond_is_wrong(self):
        question = QUESTIONS["number"].model_copy(update={"answer": 0.3, "tolerance": 0.1})
        for answer, correct in ((0.2, True), (0.4, True), (0.1 + 0.2, True), (0.401, False), (0.199, False)):
            self.assertIs(grade(question, answer).correct, correct, answer)
        exact = question.model_copy(update={"tolerance": None})
        self.assertTrue(grade(exact, 0.1 + 0.2).correct)
        self.assertFalse(grade(exact, 0.3001).correct)

    def test_numbers_are_read_as_people_write_them(self):
        for text, number in (
            ("0.94", 0.94), (" 0,94 ", 0.94), ("94 %", 0.94), ("94%", 0.94), ("1,500", 1500),
            ("1,234,567.5", 1234567.5), ("−3", -3), ("1e3", 1000), ("٣", 3), ("0,940", 0.94), (7, 7), (0.5, 0.5),
        ):  # fmt: skip
            self.assertAlmostEqual(parse_number(text), number, msg=text)

    def test_fractions_are_numbers(self):
        quarter = QUESTIONS["number"].model_copy(update={"answer": 0.25, "tolerance": 0.001})
        for text in ("1/4", " 1 / 4 ", "25 %", "2/8"):
            self.assertTrue(grade(quarter, text).correct, text)
        self.assertFalse(grade(quarter, "1/5").correct)

    def test_a_percentage_without_its_sign_is_wrong_and_told_of_the_unit(self):
        question = QUESTIONS["number"].model_copy(update={"answer": 0.08, "tolerance": 0.001})
        for text in ("8%", "8 %", "0.08", "8,0 %"):
            self.assertTrue(grade(question, text).correct, text)
        bare = grade(question, "8")
        self.assertFalse(bare.correct)
        self.assertIn("Write 8 % if you mean percent", bare.feedback)
        self.assertNotIn("percent", grade(question, "0.8 %").feedback)

    def test_what_was_typed_is_recorded(self):
        for answer, recorded in ((" 94 % ", "94 %"), ("0,94", "0,94"), (0.94, 0.94), ("9" * 200, "9" * 100)):
            self.assertEqual(grade(QUESTIONS["number"], answer).answer, recorded)

    def test_quotation_marks_dashes_and_accents_may_be_typed_in_any_way(self):
        question = QUESTIONS["text"].model_copy(update={"accepted": ("Bayes' theorem", "Poincaré", "k-means")})
        for answer in ("Bayes’ theorem", "bayes' theorem", " Bayes'  Theorem. ", "Bayes´ theorem", "POINCARÉ",
                       "Poincare\u0301", "k–means", "K\u2011means"):  # fmt: skip
            self.assertTrue(grade(question, answer).correct, answer)
        for answer in ("Bayes theorem is", "Poincar", "Poincare", "kmeans"):
            self.assertFalse(grade(question, answer).correct, answer)

    def test_what_is_no_number_is_not_an_attempt(self):
        for answer in ("", "much", "1.2.3", "nan", "inf", "-Infinity", "1e999", 10**400, True, ["1"], "1,2,3", "0x10",
                       "1_000", "1/0", "1/2/3", "about 0.3", "0.3 or 0.4"):  # fmt: skip
            with self.subTest(answer=answer), self.assertRaises(AnswerUnreadable):
                grade(QUESTIONS["number"], answer)

    def test_text_is_compared_without_case_spaces_and_a_full_stop(self):
        for answer in ("OVER-FITTING", "over-fitting.", "  secret   OverFitting ", "ｏver-fitting"):
            self.assertTrue(grade(QUESTIONS["text"], answer).correct, answer)
        for answer in ("over fitting", "overfitting!", "not over-fitting"):
            self.assertFalse(grade(QUESTIONS["text"], answer).correct, answer)

    def test_answers_of_the_wrong_kind_are_refused_with_what_to_send(self):
        for name, answer in (("one", 1), ("one", ["a", "b"]), ("one", []), ("several", "a"), ("several", []),
                             ("text", 5), ("text", "  "), ("text", ["over-fitting"]), ("number", [])):  # fmt: skip
            with self.subTest(name=name, answer=answer), self.assertRaises(AnswerUnreadable) as caught:
                grade(QUESTIONS[name], answer)
            self.assertTrue(caught.exception.data.hint)

    def test_unknown_choices_are_refused(self):
        for name, answer in (("one", "z"), ("several", ["a", "z"]), ("one", "x" * 500)):
            with self.assertRaises(UnknownChoice) as caught:
                grade(QUESTIONS[name], answer)
            self.assertIn("a, b, c", caught.exception.data.hint)

    def test_a_lab_is_trained_and_a_task_confirmed(self):
        with self.assertRaises(NotAnswerable) as caught:
            grade(QUESTIONS["lab"], "0.99")
        self.assertIn("Train a model", caught.exception.data.hint)
        with self.assertRaises(NotAnswerable) as caught:
            grade(QUESTIONS["read"], "done")
        self.assertIn("updateUserProgressData", caught.exception.data.hint)
