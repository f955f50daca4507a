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
    """What happened in a run, and one experiment that may do better."""

    code: Finding
    title: str
    sentence: str = Field(description="What happened, for a beginner.")
    advice: str = Field(description="What to try, in one sentence.")
    patch: list[PatchOperation] = Field(
        default=[], description="The experiment, as changes of the run's spec; empty where none is known to help."
    )
    metric: str | None = Field(
        default=None, description="The metric by which to judge the experiment, where it is not the headline's."
    )


class ColumnImportance(FrozenModel):
    """How much accuracy (or R², for regression) falls on average when the column's values are shuffled."""

    column: str
    importance: float
    spread: float = Field(description="Standard deviation over the shuffles.")


class TermWeight(FrozenModel):
    """How far a word or word pair of a text column moves the answer of the texts that contain it, on average."""

    column: str
    term: str
    weight: float = Field(
        description="By how much the probability of `label` is higher with the term; in a regression, the prediction."
    )
    rows: int = Field(description="Training rows that contain the term, among those that were looked at.")
    label: str | None = Field(default=None, description="The class that the term speaks for; null for regression.")


class TrainingInsights(RunEventMessage):
    """What the model leans on, found out after the result: what it loses when a column's values are shuffled.

    `score` is the `metric` without shuffling, on the `rows` test rows that were used; `note` says what was left out.
    `loading` is Python code that loads `model.skops` and asks it about the table; empty for networks.
    """

    event_name = "trainingInsights"

    metric: str
    score: float
    rows: int
    feature_importance: list[ColumnImportance]
    terms: list[TermWeight] = Field(
        default=[], description="The words of text columns that decide, the weightiest of each column first."
    )
    note: str = ""
    diagnosis: list[Diagnosis] = []
    loading: str = ""
