"""predictions.csv: harmless in a spreadsheet, exact when read back, paged by a cell of the confusion matrix."""

from __future__ import annotations

import csv
import dataclasses
import io

import numpy as np
import pandas as pd
from django.test import SimpleTestCase

from tests.training.data import builtin_data
from training.artifacts.predictions import build_predictions_csv, page_predictions, read_predictions

LABELS = (
    "=1+1",
    "+x",
    "-x",
    "-1",
    "+2.5e3",
    "@SUM(A1)",
    "\tx",
    "'",
    "'=1+1",
    "''",
    "row",
    "actual",
    "p(row)",
    "a)b(",
    'say "hi", please',
    "two\nlines",
    "two\r\nlines",
    "",
    " ",
    "Zürich 東京",
)


def with_labels(labels: tuple[str, ...], rows: int = 200):
    """Data of these classes, predictions (rows,) and probabilities (rows, n_classes)."""
    random = np.random.default_rng(0)
    data = builtin_data("IRIS")
    frame = pd.DataFrame(index=random.permutation(rows * 2))
    plan = dataclasses.replace(data.plan, classes=labels, frame=frame, test=np.arange(0, rows * 2, 2))
    y = random.integers(0, len(labels), rows)
    y[: len(labels)] = np.arange(len(labels))
    probabilities = random.dirichlet(np.full(len(labels), 0.1), rows)
    probabilities[0], probabilities[1] = np.eye(len(labels))[:2]
    return dataclasses.replace(data, plan=plan, y_test=y), probabilities.argmax(1), probabilities


class RoundTripTests(SimpleTestCase):
    def test_everything_comes_back_exactly_whatever_the_labels(self):
        data, predictions, probabilities = with_labels(LABELS)
        read = read_predictions(io.BytesIO(build_predictions_csv(data, predictions, probabilities)))
        self.assertEqual(len(read), 200)
        self.assertEqual(read.classes, LABELS)
        self.assertEqual(list(read.rows), (data.test_index + 1).tolist())
        self.assertEqual(read.actual, [LABELS[index] for index in data.y_test])
        self.assertEqual(read.predicted, [LABELS[index] for index in predictions])
        np.testing.assert_array_equal(np.array(read.probabilities).T, probabilities)

    def test_a_regression_comes_back_exactly(self):
        data = builtin_data("DIABETES")
        predictions = data.y_test_units * np.pi - 200
        content = build_predictions_csv(data, predictions, None)
        read = read_predictions(io.BytesIO(content))
        self.assertEqual((read.classes, read.probabilities), ((), ()))
        np.testing.assert_array_equal(read.actual, data.y_test_units)
        np.testing.assert_array_equal(read.predicted, predictions)
        self.assertEqual(content.splitlines()[0], b'"row","actual","predicted"')

    def test_rows_are_numbered_as_in_the_table_from_one(self):
        data = builtin_data("IRIS")
        y = data.y_test
        read = read_predictions(io.BytesIO(build_predictions_csv(data, y, np.eye(3)[y])))
        species = np.repeat(data.classes, 50)  # the table holds fifty of each, in this order
        self.assertEqual([species[row - 1] for row in read.rows], read.actual)

    def test_another_file_is_refused(self):
        for text in ("", "a,b\n", "row,actual,predicted,x\n"):
            with self.assertRaises(ValueError):
                read_predictions(io.BytesIO(text.encode()))


class SpreadsheetTests(SimpleTestCase):
    def test_no_cell_is_taken_for_a_formula(self):
        data, predictions, probabilities = with_labels(LABELS)
        text = build_predictions_csv(data, predictions, probabilities).decode()
        cells = [cell for line in csv.reader(io.StringIO(text, newline="")) for cell in line]
        risky = {cell for cell in cells if cell.startswith(("=", "+", "-", "@", "\t", "\r"))}
        self.assertEqual(risky, {"-1", "+2.5e3"})  # numbers
        self.assertTrue({"'=1+1", "''=1+1", "'@SUM(A1)"} <= set(cells))

    def test_every_column_has_a_name_of_its_own(self):
        data, predictions, probabilities = with_labels(LABELS)
        text = build_predictions_csv(data, predictions, probabilities).decode()
        header = next(csv.reader(io.StringIO(text, newline="")))
        self.assertEqual(len(set(header)), 3 + len(LABELS))
        self.assertEqual(header[:3], ["row", "actual", "predicted"])

    def test_pandas_reads_it_too(self):
        data, predictions, probabilities = with_labels(("no", "yes"))
        content = build_predictions_csv(data, predictions, probabilities)
        frame = pd.read_csv(io.BytesIO(content), float_precision="round_trip")
        self.assertEqual(list(frame.columns), ["row", "actual", "predicted", "p(no)", "p(yes)"])
        np.testing.assert_array_equal(frame[["p(no)", "p(yes)"]].to_numpy(), probabilities)


class PageTests(SimpleTestCase):
    def setUp(self) -> None:
        self.data, predictions, probabilities = with_labels(("a", "b", "c"))
        content = build_predictions_csv(self.data, predictions, probabilities)
        self.matrix = np.zeros((3, 3), int)
        np.add.at(self.matrix, (self.data.y_test, predictions), 1)
        self.predictions = read_predictions(io.BytesIO(content))

    def test_each_cell_of_the_confusion_matrix_has_its_rows(self):
        for row, actual in enumerate("abc"):
            for column, predicted in enumerate("abc"):
                page = page_predictions(self.predictions, actual=actual, predicted=predicted, limit=1_000)
                self.assertEqual(page.total, self.matrix[row, column])
                self.assertEqual(len(page.rows), page.total)
                self.assertEqual({(item.actual, item.predicted) for item in page.rows} - {(actual, predicted)}, set())

    def test_pages_follow_each_other_without_gap_or_overlap(self):
        pages = [page_predictions(self.predictions, actual="b", limit=20, offset=offset) for offset in (0, 20, 40, 900)]
        rows = [item.row for page in pages for item in page.rows]
        self.assertEqual({page.total for page in pages}, {int(self.matrix[1].sum())})
        self.assertEqual([len(page.rows) for page in pages], [20, 20, 20, 0])
        self.assertEqual(len(set(rows)), 60)

    def test_no_filter_gives_all_and_an_unknown_label_none(self):
        self.assertEqual(page_predictions(self.predictions, limit=3).total, 200)
        self.assertEqual(page_predictions(self.predictions, predicted="z", limit=3).total, 0)

    def test_a_row_carries_its_probabilities(self):
        item = page_predictions(self.predictions, limit=1).rows[0]
        self.assertEqual(item.probabilities, tuple(column[0] for column in self.predictions.probabilities))
        self.assertAlmostEqual(sum(item.probabilities), 1)
