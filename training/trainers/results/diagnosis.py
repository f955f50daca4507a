"""Diagnose a run: what happened, and which experiment may improve it. Called by `train`.

A run has at most a few diagnoses, the most serious first. Where something is known to help, a diagnosis has one
experiment, as changes of top-level fields of the run's spec.

No sequence of experiments leads back to a spec. Networks may be replaced by estimators, never the other way round. An
estimator is only replaced by one with a higher cross-validation score. A learning rate that was lowered is not raised
again. All other fields change in one direction. `python -m tests.benchmarks cards` follows all experiments.
"""

from __future__ import annotations

from collections.abc import Sequence

from training.messages.events import EpochRow
from training.messages.insights import Diagnosis, Finding
from training.messages.problems import Problem
from training.messages.results import AuxiliaryOutputs
from training.spec import TrainingSpec
from training.spec.enums import SplitKind
from training.trainers.defaults import EPOCHS, LEARNING_RATES
from training.trainers.estimators import parse_estimator
from training.trainers.results.baseline import find_no_better, find_one_class, is_weighted
from training.trainers.results.candidates import CandidateScorer
from training.trainers.results.experiments import FORESTS, set_field
from training.trainers.results.loss_curve import Curve, count_jumps
from training.trainers.results.overfitting import (
    find_estimator_overfitting,
    find_network_overfitting,
    find_too_few_epochs,
    find_too_few_rounds,
)
from training.trainers.results.underfitting import HIGH_SCORE, find_underfitting, is_odd_rate

JUMPY_SHARE = 0.1  # of the epochs: fewer jumps are normal
MIN_JUMPS = 3
LESS_RATE = 10  # divisor of the learning rate: smaller changes have little effect
FOLDS = 5  # of the cross-validation that is proposed for a good run
SHOWN_NOTES = 3


def diagnose(
    epochs: Sequence[EpochRow],
    auxiliary: AuxiliaryOutputs,
    spec: TrainingSpec,
    train_score: float | None = None,
    *,
    notes: Sequence[Problem] = (),
    scorer: CandidateScorer | None = None,
) -> list[Diagnosis]:
    """Diagnose a run that succeeded. The list is never empty.

    Parameters
    ----------
    epochs : sequence of EpochRow
    auxiliary : AuxiliaryOutputs
        The result of the run.
    spec : TrainingSpec
        The spec as it was trained.
    train_score : float or None
        Accuracy or R² on training rows, None if unknown.
    notes : sequence of Problem
        Warnings about the table and the spec.
    scorer : CandidateScorer or None
        Scores estimators before they are proposed. Without it, no experiment is proposed that needs a score.
    """
    found = [_find_leak(auxiliary)]
    one_class = find_one_class(auxiliary, spec, scorer)
    if is_weighted(spec):
        scorer = None  # it scores by accuracy, which such a model does not maximise
    found.append(one_class or find_no_better(auxiliary, spec, scorer))
    if spec.user_model is None:
        found.append(_find_instability(epochs, auxiliary, spec, scorer))
    found.append(
        _find_wrong_length(epochs, auxiliary, spec, train_score, scorer)
        or find_underfitting(auxiliary, spec, train_score, scorer)
    )
    diagnoses = [diagnosis for diagnosis in found if diagnosis is not None]
    return diagnoses or [_note(notes) if notes else _all_well(spec)]


def _find_wrong_length(
    epochs: Sequence[EpochRow],
    auxiliary: AuxiliaryOutputs,
    spec: TrainingSpec,
    train_score: float | None,
    scorer: CandidateScorer | None,
) -> Diagnosis | None:
    """Diagnose a training that was too long (overfitting) or too short."""
    if spec.user_model is not None:
        choice = parse_estimator(spec.user_model)
        overfitting = find_estimator_overfitting(epochs, auxiliary, choice, train_score, scorer)
        return overfitting or find_too_few_rounds(epochs, auxiliary, choice)
    if auxiliary.early_stopping is not None:  # the best epoch was kept
        return None
    found = find_network_overfitting(epochs, auxiliary, spec) or find_too_few_epochs(epochs, auxiliary)
    if found is not None and found.code is Finding.STILL_IMPROVING and len(epochs) >= EPOCHS:
        # A network that is too small improves slowly for many epochs: propose a larger one first.
        return find_underfitting(auxiliary, spec, train_score, scorer) or found
    return found


def _find_leak(auxiliary: AuxiliaryOutputs) -> Diagnosis | None:
    check = auxiliary.split_check
    if check is None or not (check.leaks or check.is_unmeasured):
        return None
    by_time = check.kind is SplitKind.TIME
    return Diagnosis(
        code=Finding.LEAKING_SPLIT,
        title="The split leaks" if check.leaks else "The split may leak",
        sentence=check.sentence,
        advice="Test on the latest rows, as in real use."
        if by_time
        else "Keep related rows on one side of the split: then the score is that of new rows.",
        patch=[set_field("split", check.split)],
    )


def _find_instability(
    epochs: Sequence[EpochRow], auxiliary: AuxiliaryOutputs, spec: TrainingSpec, scorer: CandidateScorer | None
) -> Diagnosis | None:
    """Diagnose a loss that jumps, if the learning rate is above the default or the score could be higher."""
    jumps = count_jumps(Curve.of(epochs, "train_loss"))
    if jumps < max(MIN_JUMPS, JUMPY_SHARE * len(epochs)):
        return None
    assert spec.learning_rate is not None and spec.optimizer_name is not None
    default = LEARNING_RATES[spec.optimizer_name]
    if spec.learning_rate <= default and _has_high_score(auxiliary, scorer):
        return None
    rate = float(f"{spec.learning_rate / LESS_RATE:.2g}")
    if not is_odd_rate(spec.model_copy(update={"learning_rate": rate})) or rate > default:
        advice = f"Use a smaller learning rate: {rate:g} instead of {spec.learning_rate:g}."
        patch = [set_field("learning_rate", rate)]
    elif spec.gradient_clip is None:
        advice, patch = "Use gradient clipping, which limits the size of a step.", [set_field("gradient_clip", 1.0)]
    else:
        advice, patch = "Use a larger batch size, which makes steps more stable.", []
    return Diagnosis(
        code=Finding.UNSTABLE,
        title="Unstable training: the loss jumps",
        sentence=f"The loss jumped up in {jumps} of {len(epochs)} epochs: the steps are too large.",
        advice=advice,
        patch=patch,
    )


def _has_high_score(auxiliary: AuxiliaryOutputs, scorer: CandidateScorer | None) -> bool:
    """Return whether the test score is high, or not below the cross-validation score of a random forest."""
    problem_type = auxiliary.require_problem_type()
    score = auxiliary.accuracy if auxiliary.is_classification else auxiliary.r2
    if score >= HIGH_SCORE[problem_type] or scorer is None:
        return bool(score >= HIGH_SCORE[problem_type])
    candidate = scorer.score_candidate(parse_estimator({"estimator": FORESTS[problem_type]}))
    return candidate is not None and bool(score >= candidate.score)


def _note(notes: Sequence[Problem]) -> Diagnosis:
    """Return the diagnosis of a run that is better than the baseline and has warnings."""
    shown = " ".join(f"“{note.message}”" for note in notes[:SHOWN_NOTES])
    more = f" And {len(notes) - SHOWN_NOTES} more." if len(notes) > SHOWN_NOTES else ""
    return Diagnosis(
        code=Finding.NOTED,
        title="Better than the baseline, with warnings",
        sentence=f"Before you rely on it: {shown}{more}",
        advice="Check each warning. The Train page fixes some of them with one click.",
    )


def _all_well(spec: TrainingSpec) -> Diagnosis:
    if spec.folds is None:
        advice = f"Check whether that holds for other rows: cross-validate with {FOLDS} folds."
        patch = [set_field("folds", FOLDS)]
    else:
        advice, patch = "Let it predict rows of your own, below.", []
    return Diagnosis(
        code=Finding.ALL_WELL,
        title="Better than the baseline",
        sentence="It is better than the baseline, and nothing looks wrong.",
        advice=advice,
        patch=patch,
    )
