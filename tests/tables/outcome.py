"""What the product makes of a file: a description, a plan, a trained model and predictions, or a refusal.

Uses the same functions as a worker, without a database.
"""

from __future__ import annotations

import io
import json
from dataclasses import dataclass, field

from playground.wire.errors import PlaygroundError
from tests.tables.strategies import File
from training.datasets.columns import describe
from training.datasets.plan import Plan, make_plan
from training.datasets.preprocessing import prepare
from training.datasets.rows import parse_rows
from training.datasets.sources import Stored, load_table
from training.datasets.table import Table
from training.limits import Limits
from training.messages import DatasetDescribed
from training.parts import Level
from training.spec import ProblemType, TrainingSpec
from training.trainers.defaults import complete
from training.trainers.preflight import check
from training.trainers.train import train

MODELS = {
    ProblemType.CLASSIFICATION: "LogisticRegression(max_iter=20)",
    ProblemType.REGRESSION: "Ridge()",
}


@dataclass
class Outcome:
    """`code` is that of the refusal, empty where a model was trained. `faults` are violations of the rule."""

    code: str = ""
    faults: list[str] = field(default_factory=list)


def try_file(file: File) -> Outcome:
    """Read, describe, check and train a file, and predict its first rows."""
    outcome = Outcome()
    try:
        _try(file, outcome)
    except PlaygroundError as error:
        outcome.code = error.data.code
        if not error.message or not error.data.hint:
            outcome.faults.append(f"{outcome.code}: a refusal without a remedy: {error.message!r}")
        if outcome.code == "internal_error":
            outcome.faults.append("an internal error")
    return outcome


def _try(file: File, outcome: Outcome) -> None:
    table = load_table(Stored("file", file.name, "file"), lambda _: io.BytesIO(file.content))
    described = describe(table)
    json.loads(described.model_dump_json(), parse_constant=_refuse_constant)
    outcome.faults += _find_silent_losses(table, described)
    target = described.target or described.columns[-1].name
    spec = TrainingSpec(target=target, seed=0)
    plan = make_plan(table, spec, Limits())
    outcome.faults += _find_silent_exclusions(table, plan)
    spec = complete(spec.model_copy(update={"user_model": MODELS[plan.problem_type]}), plan)
    checked = check(spec, plan, Limits())
    errors = [problem for problem in checked.problems if problem.level is Level.ERROR]
    if errors:
        outcome.code = errors[0].code
        outcome.faults += [f"{problem.code}: without a remedy" for problem in errors if not problem.hint]
        return
    data = prepare(plan)
    trained = train(data, spec, on_epoch=lambda row: None, is_cancelled=lambda: False)
    json.dumps(trained.auxiliary, allow_nan=True, default=str)
    parse_rows(described.preview[:2], data.preparation)


def _refuse_constant(name: str) -> None:
    raise AssertionError(f"{name} is no JSON")


def _find_silent_losses(table: Table, described: DatasetDescribed) -> list[str]:
    """Return the columns with more missing values than empty cells that no note mentions."""
    if table.cells is None:
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


def _find_silent_exclusions(table: Table, plan: Plan) -> list[str]:
    """Return the columns that are neither the target nor features and that no note mentions."""
    used = {plan.target, *plan.numbers, *plan.dates, *plan.categories, *getattr(plan, "texts", ())}
    notes = " ".join(note.message for note in plan.notes)
    return [
        f"{name!r} is left out without a note" for name in table.frame.columns if name not in used and name not in notes
    ]
