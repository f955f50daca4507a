"""Tables as workers know them: loaded from where they are kept, described, fetched from links. Loads no torch."""

from __future__ import annotations

import tempfile
from functools import lru_cache
from typing import Any

from django.core.files.base import File
from django.core.files.storage import default_storage

from training.datasets.columns import describe
from training.datasets.link import fetch
from training.datasets.sources import Builtin, Source, Stored, load_table
from training.datasets.table import Table
from training.engines.jobs import DescribeQuestion, FetchQuestion
from training.exceptions import DatasetNotFound
from training.messages import DatasetDescribed


def answer_about_table(question: DescribeQuestion | FetchQuestion) -> DatasetDescribed:
    """Raises PlaygroundError where there is no answer."""
    if isinstance(question, FetchQuestion):
        with tempfile.TemporaryFile() as file:  # on disk: the table may be large
            fetch(question.url, file, question.limits)
            file.seek(0)
            location = default_storage.save(question.source.location, File(file))
        assert location == question.source.location, "the name is a fresh UUID"
    return describe(load(question.source))


def load(source: Source) -> Table:
    """Raises SpecRefused, UnreadableTable, DatasetNotFound."""
    if isinstance(source, Builtin):
        return _load_builtin(source)
    return _load_stored(source) if isinstance(source, Stored) else load_table(source, _open)


@lru_cache(maxsize=32)
def _load_builtin(source: Builtin) -> Table:
    return load_table(source, _open)


@lru_cache(maxsize=2)  # uploads may be large
def _load_stored(source: Stored) -> Table:
    return load_table(source, _open)


def _open(location: str) -> Any:
    try:
        return default_storage.open(location)
    except FileNotFoundError:
        raise DatasetNotFound("The table's file is gone.", where="dataset_id") from None
