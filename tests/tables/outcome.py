"""Run a file through the product: a description, a plan, a trained model and predictions, or a refusal.

Uses the same functions as a worker, without a database.
"""

from __future__ import annotations

import io
import json
from dataclasses import dataclass, field
from typing import Any

from playground.wire.envelope import dump
from playground.wire.errors import PlaygroundError
from tests.tables.strategies import File, Wishes
from training.datasets.columns import describe
from training.datasets.plan import Plan, make_plan
from training.datasets.preprocessing import prepare
from training.datasets.rows import parse_rows
from training.datasets.sources import Stored, load_table
from training.datasets.table import Table
from training.limits import Limits
from training.messages.datasets import DatasetDescribed
from training.messages.problems import Level
from training.spec import ColumnType, ProblemType, TrainingSpec
from training.spec.columns import get_type
from training.spec.reading import ReadingOptions
from training.trainers.defaults import complete
from training.trainers.preflight import check
from training.trainers.train import train

MODELS: dict[ProblemType, tuple[dict[str, Any], ...]] = {
    ProblemType.CLASSIFICATION: (
        {"user_model": "LogisticRegression(max_iter=20)"},
        {"user_model": "DecisionTreeClassifier()"},
        {"epochs": 2},
    ),
    ProblemType.REGRESSION: (
        {"user_model": "Ridge()"},
        {"user_model": "DecisionTreeRegressor()"},
        {"epochs": 2},
    ),
}


@dataclass
class Outcome:
    """`code` is that of the refusal, empty where a model was trained. `faults` are violations of the rule."""

    code: str = ""
    faults: list[str] = field(default_factory=list)


def try_file(file: File, wishes: Wishes) -> Outcome:
    """Read, describe, check and train a file, and predict its first rows."""
    outcome = Outcome()
    try:
        _try(file, wishes, outcome)
    except PlaygroundError as error:
        outcome.code = error.data.code
        if not error.message or not error.data.hint:
            outcome.faults.append(f"{outcome.code}: a refusal without a remedy: {error.message!r}")
        if outcome.code == "internal_error":
            outcome.faults.append("an internal error")
    return outcome


def _try(file: File, wishes: Wishes, outcome: Outcome) -> None:
    table = load_table(Stored("file", file.name, "file", wishes.reading), lambda _: io.BytesIO(file.content))
    described = describe(table)
    json.loads(described.model_dump_json(), parse_constant=_refuse_constant)
    outcome.faults += _find_silent_losses(table, described, wishes.reading or ReadingOptions())
    spec = _build_spec(described, wishes)
    plan = make_plan(table, spec, Limits())
    outcome.faults += _find_silent_exclusions(table, plan, spec)
    fields = spec.model_dump(exclude_unset=True) | MODELS[plan.problem_type][wishes.model]
    spec = complete(TrainingSpec.model_validate(fields), plan)
    checked = check(spec, plan, Limits())
    errors = [problem for problem in checked.problems if problem.level is Level.ERROR]
    if errors:
        outcome.code = errors[0].code
        outcome.faults += [f"{problem.code}: without a remedy" for problem in errors if not problem.hint]
        return
    data = prepare(plan)
    trained = train(data, spec, on_epoch=lambda row: None, is_cancelled=lambda: False)
    json.dumps(dump(trained.auxiliary))
    parse_rows(described.preview[:2], data.preparation)


def _build_spec(described: DatasetDescribed, wishes: Wishes) -> TrainingSpec:
    names = [column.name for column in described.columns]
    target = described.target or names[-1] if wishes.target is None else names[wishes.target % len(names)]
    fields: dict[str, Any] = {"target": target, "seed": 0}
    if wishes.column_types:
        fields["column_types"] = {names[position % len(names)]: kind for position, kind in wishes.column_types}
    if wishes.split is not None:
        kind, position = wishes.split
        fields["split"] = {"kind": kind, "column": names[position % len(names)]}
    return TrainingSpec.model_validate(fields)


def _refuse_constant(name: str) -> None:
    raise AssertionError(f"{name} is no JSON")


def _find_silent_losses(table: Table, described: DatasetDescribed, asked: ReadingOptions) -> list[str]:
    """Return the columns with more missing values than empty cells that no note mentions."""
    if table.cells is None or asked.missing is not None:  # the user said which texts are missing values
        return []
    notes = " ".join(described.notes)
    faults = []
    for column in described.columns:
        if column.name not in table.cells.frame.columns:
            continue
        empty = int((table.cells.frame[column.name].str.strip() == "").sum())
        if column.missing > empty and repr(column.name) not in notes and column.name not in notes:
            faults.append(f"{column.name!r} lost {column.missing - empty} values without a note")
    return faults


def _find_silent_exclusions(table: Table, plan: Plan, spec: TrainingSpec) -> list[str]:
    """Return the columns that are neither the target nor features and that no note mentions."""
    used = {plan.target, *plan.numbers, *plan.dates, *plan.categories, *plan.texts}
    used |= {name for name, choice in spec.column_types.items() if get_type(choice) is ColumnType.IGNORED}
    if spec.split is not None and spec.split.column is not None:
        used.add(spec.split.column)
    notes = " ".join(note.message for note in plan.notes)
    left_out = [name for name in table.frame.columns if name not in used]
    silent = [name for name in left_out if name not in notes and repr(name) not in notes]
    return [f"{name!r} is left out without a note" for name in silent]
