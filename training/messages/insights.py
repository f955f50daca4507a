"""Findings about a trained model: diagnoses, feature importance, and the words that decide."""

from __future__ import annotations

from enum import StrEnum

from pydantic import Field

from training.messages.base import FrozenModel, RunEventMessage
from training.messages.problems import PatchOperation


class Finding(StrEnum):
    ALL_WELL = "all_well"
    GIVES_AWAY = "gives_away"
    LEAKING_SPLIT = "leaking_split"
    NO_BETTER = "no_better"
    NOTED = "noted"
    ONE_CLASS_ONLY = "one_class_only"
    OVERFITTING = "overfitting"
    STILL_IMPROVING = "still_improving"
    UNDERFITTING = "underfitting"
    UNSTABLE = "unstable"


class Diagnosis(FrozenModel):
    """What happened in a run, and an experiment that may do better."""

    code: Finding
    title: str
    sentence: str = Field(description="What happened, for a beginner.")
    advice: str = Field(description="What to try, in one sentence.")
    patch: list[PatchOperation] = Field(
        default=[], description="The experiment as changes of the run's spec. Empty if none is known."
    )
    metric: str | None = Field(
        default=None, description="The metric to judge the experiment by. Null for the metric of the headline."
    )


class ColumnImportance(FrozenModel):
    """The mean decrease of the accuracy, or of R² for a regression, when the values of a column are shuffled."""

    column: str
    importance: float
    spread: float = Field(description="Standard deviation over the shuffles.")


class TermWeight(FrozenModel):
    """The mean effect of a word or word pair of a text column on the predictions of the texts that contain it."""

    column: str
    term: str
    weight: float = Field(
        description="How much higher the probability of `label`, or the prediction of a regression, is with the term."
    )
    rows: int = Field(description="The number of training rows with the term, in the sample.")
    label: str | None = Field(default=None, description="The class that becomes more probable. Null for a regression.")


class TrainingInsights(RunEventMessage):
    """The feature importance, computed after the result.

    `score` is the `metric` without shuffling, on the `rows` test rows that were used; `note` says what was left out.
    `loading` is Python code that loads `model.skops` and asks it about the table; empty for networks.
    """

    event_name = "trainingInsights"

    metric: str
    score: float
    rows: int
    feature_importance: list[ColumnImportance]
    terms: list[TermWeight] = Field(
        default=[], description="The words of text columns with the largest effect, sorted by it in each column."
    )
    note: str = ""
    diagnosis: list[Diagnosis] = []
    loading: str = ""
