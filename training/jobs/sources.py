"""Sources: the location of a spec's table for a worker, built from specs and rows of uploads."""

from __future__ import annotations

from training.datasets.sources import Builtin, Inline, Paired, Source, Stored
from training.models import Dataset
from training.spec import TrainingSpec
from training.spec.reading import ReadingOptions

LAYOUT = ("encoding", "delimiter", "header_row", "skip_rows", "comment", "sheet")
"""The reading options that describe one file. The others describe how cells are written."""


def source_of(dataset: Dataset, reading: ReadingOptions | None = None) -> Stored:
    """Return the source of an upload. `reading` replaces the options that were stored with the upload."""
    if reading is None and dataset.reading is not None:
        reading = ReadingOptions.model_validate(dataset.reading)
    return Stored(key=str(dataset.pk), name=dataset.name, location=dataset.file.name or "", reading=reading)


def find_source(spec: TrainingSpec, dataset: Dataset | None, test_dataset: Dataset | None) -> Source | None:
    """Return the table of a spec. None if it names none, or if the table of its test rows was deleted.

    Parameters
    ----------
    dataset
        The row of `dataset_id` or `fileURL`. Its owner has been checked.
    test_dataset
        The row of `split.dataset_id`. Its owner has been checked.
    """
    first = _find_first(spec, dataset)
    if first is None or spec.split is None or spec.split.dataset_id is None:
        return first
    if test_dataset is None:
        return None
    reading = None
    if spec.reading is not None:  # the format of the first file says nothing about the second
        reading = spec.reading.model_copy(update=dict.fromkeys(LAYOUT))
    return Paired(first, source_of(test_dataset, reading))


def _find_first(spec: TrainingSpec, dataset: Dataset | None) -> Builtin | Stored | Inline | None:
    if dataset is not None:
        return source_of(dataset, spec.reading)
    if spec.default is not None:
        return Builtin(spec.default)
    if isinstance(spec.csvData, str):
        return Inline(text=spec.csvData, reading=spec.reading)
    return Inline(records=spec.csvData, reading=spec.reading) if spec.csvData is not None else None
