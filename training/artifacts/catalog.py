"""List the files of a finished run by their public names. Imports no heavy library, since the web process uses it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from training.messages.events import EpochRow
from training.messages.results import AuxiliaryOutputs

SKOPS = "model.skops"
PREPARATION = "preparation.skops"
"""Kept with each run so that its model can be used, and never offered: the model's own files hold what it says."""


@dataclass(frozen=True)
class Facts:
    """The properties of a run that decide which files it gets."""

    is_network: bool
    is_classification: bool
    has_curves: bool

    @classmethod
    def of(cls, auxiliary: AuxiliaryOutputs, rows: Sequence[EpochRow]) -> Facts:
        has_curves = any(row.train_loss is not None for row in rows)
        return cls(auxiliary.is_network, auxiliary.is_classification, has_curves)


@dataclass(frozen=True)
class Kind:
    """One kind of file.

    `built_later`: it is built from what the run stored, by any worker at any time, and not by the training job.
    `needs_table`: it is built from the table as well, so that it cannot be built after the table was deleted.
    """

    name: str
    content_type: str
    belongs_to: Callable[[Facts], bool] = lambda facts: True
    built_later: bool = True
    needs_table: bool = False


_BINARY, _PNG, _CSV = "application/octet-stream", "image/png", "text/csv; charset=utf-8"

KINDS: dict[str, Kind] = {
    kind.name: kind
    for kind in (
        Kind("model.pt", _BINARY, lambda facts: facts.is_network, built_later=False),
        Kind(SKOPS, _BINARY, lambda facts: not facts.is_network, built_later=False),
        Kind("model.onnx", _BINARY, needs_table=True),
        Kind("train.py", "text/x-python; charset=utf-8", needs_table=True),
        Kind("train.ipynb", "application/x-ipynb+json", needs_table=True),
        Kind("results.csv", _CSV),
        Kind("predictions.csv", _CSV, built_later=False),
        Kind("loss.png", _PNG, lambda facts: facts.has_curves),
        Kind("accuracy.png", _PNG, lambda facts: facts.has_curves and facts.is_classification),
        Kind("confusion_matrix.png", _PNG, lambda facts: facts.is_classification),
        Kind("roc.png", _PNG, lambda facts: facts.is_classification),
        Kind("residuals.png", _PNG, lambda facts: not facts.is_classification),
        Kind("report.html", "text/html; charset=utf-8", needs_table=True),
    )
}


def promised_names(facts: Facts) -> list[str]:
    """Return the names of the files that such a run gets, in the order in which they are shown."""
    return [kind.name for kind in KINDS.values() if kind.belongs_to(facts)]


def names_built_later(names: Iterable[str], *, has_table: bool = True) -> list[str]:
    """Return the names of the files that are built after training, as far as they can be built."""
    kinds = [KINDS[name] for name in names if name in KINDS]
    return [kind.name for kind in kinds if kind.built_later and (has_table or not kind.needs_table)]
