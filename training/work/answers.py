"""Answers to questions about specs and about models of finished runs."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np
import pandas as pd

from training.artifacts.catalog import PREPARATION
from training.artifacts.weights import load_trained
from training.datasets.rows import find_unknown, parse_rows
from training.exceptions import SpecRefused
from training.jobs.jobs import FinishedRun
from training.jobs.questions import CheckQuestion, PredictQuestion
from training.messages.checks import TrainingChecked
from training.messages.predictions import Contribution, Prediction, Predictions
from training.messages.problems import Level, Problem
from training.problems import describe_refusal
from training.trainers.explanations.explain import Explanations, explain
from training.trainers.preflight import check
from training.trainers.trained import TrainedModel
from training.work.prepared import get_plan
from training.work.tables import open_stored

MAX_CONTRIBUTIONS = 100  # listed for one row
MAX_VALUE = 200  # characters of a value beside its contribution


def answer_check(question: CheckQuestion) -> TrainingChecked:
    """Check a spec. Errors of the table are among the problems of the answer."""
    if question.source is None:
        missing = Problem(
            level=Level.ERROR,
            code="no_data",
            where="default",
            message="No table is chosen to learn from.",
            hint="Name a built-in table in `default`, or an upload in `dataset_id`.",
        )
        checked = check(question.spec, None, question.limits)
        return checked.model_copy(update={"problems": [missing, *checked.problems]})
    try:
        plan = get_plan(question.spec, question.source, question.limits)
    except SpecRefused as error:
        checked = check(question.spec, None, question.limits)
        return checked.model_copy(update={"problems": [describe_refusal(error), *checked.problems]})
    return check(question.spec, plan, question.limits)


def answer_prediction(question: PredictQuestion) -> Predictions:
    """Predict rows with the model of a run.

    Raises SpecRefused for a wrong cell, naming its row and column; FileGone if the files of the model were deleted.
    """
    trained = get_trained(question.run)
    preparation = trained.preparation
    frame = parse_rows(question.rows, preparation)
    predictions, probabilities = trained.answer(frame)
    problems = find_unknown((name for row in question.rows for name in row), frame, preparation)
    if preparation.classes is None or probabilities is None:
        answers = [Prediction(prediction=float(value)) for value in predictions]
    else:
        answers = [
            Prediction(
                prediction=preparation.classes[index],
                probabilities=dict(zip(preparation.classes, row.tolist(), strict=True)),
            )
            for index, row in zip(predictions, probabilities, strict=True)
        ]
    answered = Predictions(
        run_id=question.run.run_id, target=preparation.target, predictions=answers, problems=problems
    )
    if not question.explain:
        return answered
    explanations = explain(trained, frame, predictions)
    columns = preparation.columns
    explained = [
        answer.model_copy(update=describe_explanation(explanations, row, frame, columns))
        for row, answer in enumerate(answers)
    ]
    told = {"predictions": explained, "units": explanations.units.value, "exact": explanations.exact}
    return answered.model_copy(update=told)


def describe_explanation(
    explanations: Explanations, row: int, frame: pd.DataFrame, columns: Sequence[str]
) -> dict[str, Any]:
    """Return the fields of a Prediction that explain it.

    The MAX_CONTRIBUTIONS largest contributions are listed, and the others are added up.
    """
    contributions = explanations.contributions[row]
    order = np.argsort(-np.abs(contributions), kind="stable")
    listed = [
        Contribution(
            column=columns[place],
            value=_write_value(frame[columns[place]].iloc[row]),
            contribution=float(contributions[place]),
        )
        for place in order[:MAX_CONTRIBUTIONS].tolist()
    ]
    return {
        "base_value": float(explanations.base[row]),
        "contributions": listed,
        "other_contributions": float(contributions[order[MAX_CONTRIBUTIONS:]].sum()),
        "output": float(explanations.output[row]),
    }


def _write_value(value: Any) -> str | float | None:
    if pd.isna(value):
        return None
    if isinstance(value, pd.Timestamp):
        return value.isoformat()
    return str(value)[:MAX_VALUE] if isinstance(value, str | bool | np.bool_) else float(value)


@lru_cache(maxsize=8)
def get_trained(run: FinishedRun) -> TrainedModel:
    """Return the stored model of a run, from the cache if possible."""
    name = "model.pt" if run.spec.user_model is None else "model.skops"
    with open_stored(run.files[PREPARATION]) as preparation, open_stored(run.files[name]) as model:
        return load_trained(run.spec, preparation, model)
