"""Module files: what is a module, and what is said of one that is not. And that what ships is good."""

from __future__ import annotations

import tempfile
import unittest
from pathlib import Path

from progress.catalogue import ContentError, Kind, Metric, read_content
from tests.progress.lessons import LESSON, LESSON_POINTS, build_lesson


class FileTests(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)

    def read(self, text: str, name: str = "shapes.toml"):
        (self.folder / name).write_text(text, encoding="utf-8")
        return read_content(self.folder)

    def test_a_module_with_every_kind_of_question_is_read(self):
        [module] = self.read(LESSON)
        questions = [question for section in module.sections for question in section.questions]
        self.assertEqual({question.kind for question in questions}, set(Kind))
        self.assertEqual(sum(question.points for question in questions), LESSON_POINTS)

    def test_modules_come_in_their_order(self):
        self.read(LESSON.replace('id = "shapes"', 'id = "late"'), "a.toml")
        modules = self.read(LESSON.replace("order = 900", "order = 1"), "b.toml")
        self.assertEqual([module.id for module in modules], ["shapes", "late"])

    def test_a_fault_names_the_file_the_question_and_what_is_wrong(self):
        for old, new, *said in (
            ('text = "One example"\ncorrect = true', 'text = "One example"', "question one", "exactly one choice"),
            ('text = "One column"', 'text = "One column"\ncorrect = true', "question one", "2 are"),
            ('id = "b"\ntext = "One column"', 'id = "a"\ntext = "One column"', "question one", "two of the choice 'a'"),
            ('text = "two"', 'text = "two"\ncorrect = true', "question several", "one wrong"),
            ("answer = 0.94112358", "", "question number", "needs answer"),
            ("answer = 0.94112358", 'answer = "much"', "question number, answer", "valid number"),
            ('accepted = ["SECRET overfitting", "over-fitting"]', "", "question text", "needs accepted"),
            ("points = 30", "points = 0", "question number, points", "greater than or equal to 1"),
            ("points = 30", "points = 30\naccepted = ['x']", "question number", "has no accepted"),
            ('kind = "text"', 'kind = "essay"', "question text, kind", "'single'"),
            ('id = "text"', 'id = "number"', "section scores", "two of the question 'number'"),
            ('id = "text"', 'id = "Big Text"', "question Big Text, id", "pattern"),
            ("at_least = 0.5", "at_least = 0.5\nat_most = 0.9", "question lab, lab", "either at_least or at_most"),
            ('dataset = "IRIS"', 'dataset = "ROSES"', "question lab, lab", "IRIS, WINE"),
            ('metric = "accuracy"', 'metric = "luck"', "question lab, lab, metric", "'roc_auc'"),
            ('hints = ["SECRET-hint-lab"]', 'hints = ["1", "2", "3", "4"]', "question lab, hints", "at most 3"),
            ('title = "Rows"', 'tilte = "Rows"', "section rows, title", "required"),
        ):  # fmt: skip
            with self.subTest(new=new):
                self.assertIn(old, LESSON)
                with self.assertRaises(ContentError) as caught:
                    self.read(LESSON.replace(old, new, 1))
                for words in ("shapes.toml", *said):
                    self.assertIn(words, str(caught.exception))

    def test_a_file_that_is_no_toml_is_named(self):
        with self.assertRaisesRegex(ContentError, r"shapes.toml is not valid TOML: .*line 2"):
            self.read('id = "shapes"\ntitle = nothing')

    def test_two_files_with_one_module_are_refused(self):
        self.read(LESSON)
        with self.assertRaisesRegex(ContentError, "another file has the module 'shapes'"):
            self.read(LESSON, "twice.toml")

    def test_the_order_alone_does_not_change_the_fingerprint(self):
        self.assertEqual(build_lesson().fingerprint(), build_lesson(order=1).fingerprint())
        self.assertNotEqual(build_lesson().fingerprint(), build_lesson(title="Other").fingerprint())


class MetricTests(unittest.TestCase):
    def test_labs_know_the_metrics_that_results_have_and_no_others(self):
        import numpy as np

        from training.trainers.results.metrics import classification_metrics, regression_metrics

        y, halves = np.array([0, 1]), np.full((2, 2), 0.5)
        of_classes = classification_metrics(y, np.eye(2), halves, [0.5, 0.5])
        of_numbers = regression_metrics(np.array([1.0, 2.0]), np.array([1.0, 2.0]))
        self.assertEqual({metric.value for metric in Metric}, of_classes.keys() | of_numbers.keys())
