"""Award labs: a run that the server itself trained earns the points if it meets the lab's requirement.

Reads the run through `training.runs`. Only the stored result counts, never a value from a browser.
"""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from playground.wire.identity import Identity
from progress import attempts, broadcast, services, standings
from progress.catalogue import Kind, LabContent
from progress.models import Module, Question
from progress.permissions import VIEW_LEARNERS
from progress.records import QuestionKey, get_key
from progress.services.modules import get_content
from training import runs
from training.datasets.builtin import BuiltinTable, find_builtin
from training.exceptions import RunNotFound
from training.messages.results import AuxiliaryOutputs, ModelKind
from training.messages.runs import RunKind, RunStatus
from training.permissions import VIEW_RUNS
from training.spec import TrainingSpec
from training.spec.enums import SplitKind

SERVER = Identity("server", permissions=frozenset({VIEW_RUNS, VIEW_LEARNERS}))

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class FinishedRun:
    """The properties of a run that labs check. `parameters` is None if the result does not state the model's size."""

    run_id: UUID
    owner: str
    table: BuiltinTable
    target: str
    test_size: float
    is_estimator: bool
    metrics: Mapping[str, float | None]
    parameters: int | None
    chose_test_rows: bool = False
    """Whether its owner said which rows are the test rows, and so could choose easy ones."""


def check_finished_run(*, run_id: UUID, status: RunStatus, **_: Any) -> None:
    """Try a finished run on the learner's labs. Receiver of `training.signals.run_finished`.

    The signal is sent in the process that recorded the end of the run.
    """
    if status is RunStatus.SUCCEEDED:
        with contextlib.suppress(RunNotFound):  # The run has been deleted in the meantime.
            _check(run_id)


def find_shortfalls(lab: LabContent, run: FinishedRun) -> list[str]:
    """Return what the run lacks for the lab, one sentence each; empty if it earns the lab.

    The run must have learned the table's default target, with enough test rows.
    """
    return [shortfall for shortfall in _compare(lab, run) if shortfall]


def _compare(lab: LabContent, run: FinishedRun) -> Iterator[str | None]:
    if run.table.name != lab.dataset:
        yield f"It learned from {run.table.name}; the lab is about {lab.dataset}."
        return
    if run.target != run.table.target:
        yield f"It predicts “{run.target}”; the lab is about “{run.table.target}”."
        return
    if run.chose_test_rows:
        yield "Its test rows were given; the lab asks for test rows that nobody chose."
    if run.test_size < lab.min_test_size:
        yield f"It kept {run.test_size:.0%} of the rows for testing; the lab asks for {lab.min_test_size:.0%}."
    if lab.estimator not in (None, run.is_estimator):
        yield f"The lab asks for a {'classical model' if lab.estimator else 'neural network'}."
    if lab.max_parameters is not None:
        yield _compare_parameters(lab.max_parameters, run)
    yield _compare_metric(lab, run.metrics.get(lab.metric.value))


def _compare_parameters(most: int, run: FinishedRun) -> str | None:
    if run.parameters is None:
        logger.info("Run %s does not say how many parameters it has: it earns no lab that bounds them.", run.run_id)
        return f"It does not say how many parameters it has; the lab allows {most}."
    return f"It has {run.parameters} parameters; the lab allows {most}." if run.parameters > most else None


def _compare_metric(lab: LabContent, value: float | None) -> str | None:
    name = lab.metric.label_in_text
    if value is None:
        return f"It has no {name} to go by."
    if lab.at_least is not None and value < lab.at_least:
        return f"Its {name} is {_round_apart(value, lab.at_least)}; the lab asks for at least {lab.at_least}."
    if lab.at_most is not None and value > lab.at_most:
        return f"Its {name} is {_round_apart(value, lab.at_most)}; the lab asks for at most {lab.at_most}."
    return None


def _round_apart(value: float, bound: float) -> str:
    """Return both numbers with three significant digits, or with as many as are needed to tell them apart."""
    return next(text for digits in (3, 5, 17) if float(text := f"{value:.{digits}g}") != bound)


def _check(run_id: UUID) -> None:
    row = runs.get_run(SERVER, run_id, VIEW_RUNS)
    spec = TrainingSpec.model_validate(row.spec)
    if row.kind != RunKind.TRAINING or spec.default is None:
        return
    table = find_builtin(spec.default)
    labs = Question.objects.filter(
        kind=Kind.LAB, lab_dataset=table.name, section__module__status=Module.Status.PUBLISHED
    ).select_related("section__module")
    by_key = {get_key(lab.section.module.slug, lab.section.slug, lab.slug): lab for lab in labs}
    if not by_key:
        return
    earned = services.read_progress(SERVER, row.owner).earned
    if by_key.keys() <= earned.keys():
        return
    run = _read_run(run_id, row.owner, spec, table)
    tried = attempts.find_tried(row.owner, run_id)
    for key in by_key.keys() - earned.keys():
        if by_key[key].pk not in tried:
            _try_lab(key, by_key[key], run)


def _try_lab(key: QuestionKey, question: Question, run: FinishedRun) -> None:
    content = get_content(question)
    assert content.lab is not None
    shortfalls = find_shortfalls(content.lab, run)
    if shortfalls:
        standings.note(run.owner, key.module_id)
    else:
        services.award(run.owner, key, content.points)
    tried = {
        "run_id": str(run.run_id),
        content.lab.metric.value: run.metrics.get(content.lab.metric.value),
        "parameters": run.parameters,
    }
    attempts.record_attempt(run.owner, question.pk, tried, not shortfalls)
    if shortfalls:
        broadcast.tell_tried(run.owner, key, run.run_id, shortfalls)


def _read_run(run_id: UUID, owner: str, spec: TrainingSpec, table: BuiltinTable) -> FinishedRun:
    result = runs.read_result(run_id)
    outputs = result.auxiliary_outputs if result else AuxiliaryOutputs()
    split = outputs.split
    test_size = spec.test_size
    if spec.split is not None and split is not None:
        test_size = round(split.test_rows / (split.train_rows + split.test_rows), 2)
    return FinishedRun(
        run_id=run_id,
        owner=owner,
        table=table,
        target=outputs.target,
        test_size=test_size,
        is_estimator=outputs.kind is ModelKind.ESTIMATOR,
        metrics={name: outputs.get_metric(name) for name in outputs.metrics},
        parameters=outputs.parameters,
        chose_test_rows=spec.split is not None and spec.split.kind is SplitKind.GIVEN,
    )
