"""report.html: one self-contained page on a run for people who were not there, with a model card at its end."""

from __future__ import annotations

import base64
import platform
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any

from django.template.loader import render_to_string

from training.datasets.preprocessing import PreparedData
from training.messages.events import EpochRow
from training.messages.insights import Diagnosis, Finding
from training.messages.results import METRIC_LABELS, AuxiliaryOutputs
from training.spec import Criterion, ProblemType, TrainingSpec
from training.trainers.results.importance import Importance
from training.trainers.results.terms import TermWeight

LIBRARIES = ("torch", "scikit-learn", "pandas", "numpy")
MAX_COLUMNS = 60  # that are listed
FEW_TEST_ROWS = 100
SETTINGS = {
    "criterion": "Loss function",
    "optimizer_name": "Optimizer",
    "learning_rate": "Learning rate",
    "momentum": "Momentum",
    "weight_decay": "Weight decay",
    "schedule": "Learning-rate schedule",
    "gradient_clip": "Gradient clipping",
    "epochs": "Epochs",
    "batch_size": "Batch size",
    "patience": "Early stopping (patience)",
}
COMMON = {
    "class_weight": "Class weight",
    "weight": "Weight column",
    "threshold": "Decision threshold",
    "test_size": "Test set size",
    "shuffle": "Shuffle",
    "seed": "Seed",
}
CRITERION_NAMES = {
    Criterion.CELOSS: "Cross-entropy",
    Criterion.WCELOSS: "Weighted cross-entropy",
    Criterion.BCELOSS: "Binary cross-entropy",
    Criterion.BCEWITHLOGITSLOSS: "Binary cross-entropy with logits",
    Criterion.MSELOSS: "Mean squared error",
    Criterion.L1LOSS: "Mean absolute error",
    Criterion.HUBERLOSS: "Huber loss",
}


@dataclass(frozen=True)
class Subject:
    """What a report is about. `data_hash` is what `data_hash_of` says it is the hash of. `plots` maps names to PNGs.
    `loading`: code that loads `model.skops`, empty where the run has none.
    """

    run_id: str
    name: str
    model: str
    spec: TrainingSpec
    data: PreparedData
    data_hash: str
    data_hash_of: str
    auxiliary: AuxiliaryOutputs
    epochs: list[EpochRow]
    importance: Importance
    leakage: list[Diagnosis]
    terms: tuple[TermWeight, ...]
    plots: Mapping[str, bytes]
    loading: str


def build_report(subject: Subject) -> bytes:
    """HTML in UTF-8 that loads nothing from elsewhere. What users wrote is escaped by the template."""
    plan, auxiliary = subject.data.plan, subject.auxiliary
    context = {
        "subject": subject,
        "plan": plan,
        "is_classification": plan.problem_type is ProblemType.CLASSIFICATION,
        "metrics": [
            {
                "name": METRIC_LABELS.get(name, name),
                "value": auxiliary.get_metric(name),
                "baseline": auxiliary.get_baseline(name),
            }
            for name in auxiliary.metrics
        ],
        "sentence": auxiliary.sentence,
        "per_class": auxiliary.per_class,
        "cross_validation": auxiliary.cross_validation,
        "diagnoses": _settle(auxiliary.diagnosis, subject.leakage),
        "plots": [
            {"name": name, "uri": f"data:image/png;base64,{base64.b64encode(content).decode()}"}
            for name, content in subject.plots.items()
        ],
        "columns": _list_columns(subject.data),
        "columns_left": max(0, len(subject.data.preparation.columns) - MAX_COLUMNS),
        "settings": _list_settings(subject.spec),
        "limits": _find_limits(subject),
        "versions": {"Python": platform.python_version(), **{name: version(name) for name in LIBRARIES}},
    }
    return render_to_string("training/report.html", context).encode()


def _settle(diagnoses: list[Diagnosis], leakage: list[Diagnosis]) -> list[Diagnosis]:
    """Return all diagnoses. `all_well` only holds without signs of leakage."""
    if not leakage:
        return diagnoses
    return [*(one for one in diagnoses if one.code is not Finding.ALL_WELL), *leakage]


def _list_columns(data: PreparedData) -> list[dict[str, str]]:
    preparation = data.preparation
    kinds = (
        ("number", preparation.numbers),
        ("date", preparation.dates),
        ("category", preparation.categories),
        ("text", preparation.texts),
    )
    return [{"name": name, "kind": kind} for kind, names in kinds for name in names][:MAX_COLUMNS]


def _list_settings(spec: TrainingSpec) -> list[tuple[str, Any]]:
    """Return the label and value of each setting that this kind of model has."""
    labels = {**SETTINGS, **COMMON} if spec.user_model is None else COMMON
    values = [(label, getattr(spec, name, None)) for name, label in labels.items()]
    return [(label, CRITERION_NAMES.get(value, value)) for label, value in values if value is not None]


def _find_limits(subject: Subject) -> list[str]:
    """What to keep in mind before the model is used for anything that matters."""
    plan = subject.data.plan
    limits = [
        f"It has been tested on {len(plan.test):,} rows of the same table. Rows from elsewhere, or from another time, "
        "may be different.",
        "It learned what goes together in this table, which need not be what causes what.",
    ]
    if len(plan.test) < FEW_TEST_ROWS:
        limits.append(
            f"With {len(plan.test)} test rows its numbers are rough: another seed may give noticeably others."
        )
    if plan.class_counts and max(plan.class_counts) > 5 * min(plan.class_counts):
        limits.append("Some classes have few rows: look at each class's numbers rather than at the accuracy alone.")
    return limits + [note.message for note in plan.notes]
