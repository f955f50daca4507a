"""The check of a sweep: every combination passes the check of a single run."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from training.datasets.plan import Plan, make_plan
from training.datasets.table import Table
from training.exceptions import SpecRefused
from training.jobs.questions import CheckQuestion, SweepQuestion
from training.messages.checks import LayerShape, TrainingChecked
from training.messages.problems import Level, Problem
from training.messages.sweeps import SweepChecked
from training.problems import build_problem, describe_refusal
from training.spec import TrainingSpec
from training.sweeps.paths import NETWORK_ONLY, locate
from training.sweeps.variation import Combination, Variation, parse_variation
from training.trainers.defaults import complete
from training.trainers.preflight import check, check_settings
from training.trainers.validation import divide_training_rows
from training.work.answers import answer_check
from training.work.prepared import build_cache_key
from training.work.sweep_duration import estimate_seconds
from training.work.tables import load

SETTINGS = {
    name: TrainingSpec.model_fields[name].default
    for name in ("optimizer_name", "learning_rate", "weight_decay", "momentum", "gradient_clip", "schedule_gamma")
}
"""The fields that only `check_settings` reads. Combinations that differ in no other share a check of their layers."""

MAX_PROBLEMS = 50
MAX_PLANS = 8  # different splits that are checked


def answer_sweep(question: SweepQuestion) -> SweepChecked:
    """Check a sweep. Errors of the values and of the table are among the problems. Raises UnreadableTable."""
    if len(question.spec.user_arch) > question.limits.layers:  # before each combination is built from all of them
        return SweepChecked(problems=check(question.spec, None, question.limits).problems)
    try:
        variation = parse_variation(question.spec, question.vary, question.sweep_limits.runs)
    except SpecRefused as error:
        return SweepChecked(problems=[describe_refusal(error)])
    if question.source is None:
        return SweepChecked(problems=answer_check(CheckQuestion(question.spec, None, question.limits)).problems)
    preflight = Preflight(question)
    problems = _merge(variation, [preflight.check(combination.spec) for combination in variation.combinations])
    problems += _find_idle(variation)
    answer = SweepChecked(
        data=preflight.data,
        model=preflight.model,
        target=preflight.target,
        runs=variation.runs,
        combinations=len(variation.combinations),
        problems=problems[:MAX_PROBLEMS],
    )
    if any(problem.level is Level.ERROR for problem in problems):
        return answer
    epochs = [preflight.count_epochs(combination.spec) for combination in variation.combinations]
    total = sum(epochs) * len(variation.seeds) * (question.spec.folds or 1)
    if total > question.sweep_limits.epochs:
        message = f"These are {total:,} epochs in all; at most {question.sweep_limits.epochs:,} are trained at once."
        too_many = build_problem("too_many_sweep_epochs", "vary", message, "Use fewer epochs, values or seeds.")
        return answer.model_copy(update={"problems": [*answer.problems, too_many]})
    if not question.timed:
        return answer
    seconds = estimate_seconds(variation, epochs, preflight.find_plan, preflight.find_shapes)
    return answer.model_copy(update={"seconds": seconds})


class Preflight:
    """Checks of similar specs, which share plans and checks of layers."""

    def __init__(self, question: SweepQuestion) -> None:
        assert question.source is not None
        self.data, self.model = "", ""  # descriptions of the first combination
        self.target: str | None = None
        self._source, self._limits = question.source, question.limits
        self._table: Table | None = None
        self._plans: dict[str, Plan | SpecRefused] = {}
        self._checked: dict[str, TrainingChecked] = {}

    def check(self, spec: TrainingSpec) -> list[Problem]:
        """Return the problems of one combination."""
        try:
            plan = self.find_plan(spec)
        except SpecRefused as error:
            return [describe_refusal(error)]
        checked = self._check_layers(spec, plan)
        self.data, self.model = self.data or checked.data, self.model or checked.model
        self.target = self.target or checked.target
        return list(_key_problems([*checked.problems, *check_settings(spec, plan, self._limits)]).values())

    def find_shapes(self, spec: TrainingSpec) -> list[LayerShape]:
        """Return the layers of a combination without errors."""
        return self._check_layers(spec, self.find_plan(spec)).layers

    def find_plan(self, spec: TrainingSpec) -> Plan:
        """Return the plan of a combination. Raises SpecRefused.

        After MAX_PLANS different plans, the first one is used for all others, since each plan reads the whole table.
        A training whose split cannot be used then has the reason instead of a score.
        """
        key = build_cache_key(spec)
        if key not in self._plans and len(self._plans) >= MAX_PLANS:
            key = next(iter(self._plans))
        if key not in self._plans:
            self._table = self._table or load(self._source)
            try:
                plan = make_plan(self._table, spec, self._limits)
                divide_training_rows(plan, spec)  # raises SpecRefused where no score could be computed
                self._plans[key] = plan
            except SpecRefused as error:
                self._plans[key] = error
        found = self._plans[key]
        if isinstance(found, SpecRefused):
            raise found
        return found

    def _check_layers(self, spec: TrainingSpec, plan: Plan) -> TrainingChecked:
        """Check the parts of a spec that do not depend on SETTINGS."""
        plain = spec.model_copy(update=SETTINGS)
        key = plain.model_dump_json(exclude={"csvData"})
        if key not in self._checked:
            self._checked[key] = check(plain, plan, self._limits)
        return self._checked[key]

    def count_epochs(self, spec: TrainingSpec) -> int:
        """Return the number of epochs of a spec without errors."""
        return complete(spec, self.find_plan(spec)).epochs or 1


ProblemKey = tuple[str, str]


def _key_problems(problems: Iterable[Problem]) -> dict[ProblemKey, Problem]:
    return {(problem.code, problem.where): problem for problem in problems}


def _merge(variation: Variation, found: list[list[Problem]]) -> list[Problem]:
    """Return each problem once.

    A problem of only some combinations gets the values of the first of them in its message, and `where` names what
    varies. It loses its fix, which would change the spec and not the values.
    """
    keyed = [_key_problems(problems) for problems in found]
    merged: dict[ProblemKey, Problem] = {}
    for combination, problems in zip(variation.combinations, keyed, strict=True):
        for key, problem in problems.items():
            if key in merged:
                continue
            is_shared = all(key in others for others in keyed) and problem.where not in combination.values
            merged[key] = problem if is_shared else _attribute(problem, combination)
    return list(merged.values())


def _attribute(problem: Problem, combination: Combination) -> Problem:
    related = [path for path in combination.values if _root(path) == _root(problem.where)]
    values = {path: combination.values[path] for path in related} or combination.values
    return problem.model_copy(
        update={
            "where": locate(related[0]) if related else problem.where,
            "message": f"With {_write(values)}: {problem.message}",
            "fix": [],
        }
    )


def _find_idle(variation: Variation) -> list[Problem]:
    """Return problems for fields of networks that vary although every combination is an estimator."""
    if any(combination.spec.user_model is None for combination in variation.combinations):
        return []
    return [
        build_problem(
            "setting_without_effect",
            locate(path),
            f"A classical model does not look at {path}: all its values give the same.",
            "Vary an argument of user_model instead.",
        )
        for path in variation.combinations[0].values
        if path in NETWORK_ONLY
    ]


def _root(path: str) -> str:
    return re.split(r"[.\[]", path, maxsplit=1)[0]


def _write(values: Mapping[str, object]) -> str:
    return ", ".join(f"{path} {value}" for path, value in values.items())[:150]
