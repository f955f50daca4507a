"""Tables in a worker: load, describe, and fetch them from links. Loads no torch."""

from __future__ import annotations

import hashlib
import tempfile
from functools import lru_cache
from typing import Any

from django.core.files.base import File
from django.core.files.storage import default_storage

from training.artifacts.predictions import Predictions, page_predictions, read_predictions
from training.datasets.columns import PREVIEW_TEXT, describe, preview_rows
from training.datasets.kinds import choose_columns
from training.datasets.link import fetch
from training.datasets.sources import Builtin, Source, Stored, is_kept, load_table
from training.datasets.table import Table
from training.exceptions import FileGone
from training.jobs.questions import FetchQuestion, TableQuestion, TestRowsQuestion
from training.messages.datasets import DatasetDescribed
from training.messages.predictions import TestRow, TestRows

MAX_CHARACTERS = 200_000  # of one page of test rows


def answer_about_table(question: TableQuestion) -> DatasetDescribed | TestRows:
    """Answer a question about a table. Raises PlaygroundError where there is no answer."""
    if isinstance(question, TestRowsQuestion):
        return _find_test_rows(question)
    if isinstance(question, FetchQuestion):
        with tempfile.TemporaryFile() as file:  # on disk: the table may be large
            fetch(question.url, file, question.limits)
            file.seek(0)
            location = default_storage.save(question.source.location, File(file))
        assert location == question.source.location, "the name is a fresh UUID"
        return describe(load(question.source))
    return describe(choose_columns(load(question.source), question.choices))


def load(source: Source) -> Table:
    """Load a table, from the cache if possible. Raises SpecRefused, UnreadableTable, DatasetNotFound."""
    if isinstance(source, Builtin):
        return _load_builtin(source)
    return _load_stored(source) if is_kept(source) else load_table(source, open_stored)


@lru_cache(maxsize=4)
def _read_predictions(location: str) -> Predictions:
    with open_stored(location) as file:
        return read_predictions(file)


@lru_cache(maxsize=32)
def _load_builtin(source: Builtin) -> Table:
    return load_table(source, open_stored)


@lru_cache(maxsize=2)  # uploads may be large
def _load_stored(source: Source) -> Table:
    return load_table(source, open_stored)


def hash_table(source: Source) -> tuple[str, str]:
    """Return the SHA-256 of a table, and a phrase that says of which bytes."""
    if isinstance(source, Stored):
        with open_stored(source.location) as file:
            return hashlib.file_digest(file, "sha256").hexdigest(), "of the file"
    text = load(source).frame.to_csv(index=False)
    return hashlib.sha256(text.encode()).hexdigest(), "of the table, written as CSV by pandas"


def open_stored(location: str) -> Any:
    """Open a file of the file storage for reading. Raises FileGone."""
    try:
        return default_storage.open(location)
    except FileNotFoundError:
        raise FileGone("A file that this needs has been deleted.") from None


def _find_test_rows(question: TestRowsQuestion) -> TestRows:
    run = question.run
    predictions = _read_predictions(run.files["predictions.csv"])
    page = page_predictions(
        predictions,
        actual=question.actual,
        predicted=question.predicted,
        limit=question.limit,
        offset=question.offset,
    )
    values: list[dict[str, Any]] = [{} for _ in page.rows]
    if run.source is not None:
        frame = load(run.source).frame.iloc[[row.row - 1 for row in page.rows]]
        # Whole texts if they are not too long in all, so that the rows can be predicted again.
        values = preview_rows(frame, len(frame), characters=max(PREVIEW_TEXT, MAX_CHARACTERS // max(1, frame.size)))
    rows = [
        TestRow(
            row=row.row,
            actual=row.actual,
            predicted=row.predicted,
            probabilities=dict(zip(predictions.classes, row.probabilities, strict=True)) or None,
            values=value,
        )
        for row, value in zip(page.rows, values, strict=True)
    ]
    return TestRows(run_id=run.run_id, total=page.total, rows=rows)
