"""Train a model and evaluate it. The same functions serve networks and estimators.

`train` is for runs. `fit` trains without evaluating, for sweeps and cross-validation.
"""

from __future__ import annotations

import math
from time import perf_counter
from typing import Any

from training.datasets.plan import Plan
from training.datasets.preprocessing import PreparedData
from training.messages.results import ColumnKinds, EarlyStopping, ModelKind, SplitSummary
from training.spec import TrainingSpec
from training.trainers.base import Fitted, IsCancelled, OnEpoch, OnModel, Outcome
from training.trainers.checkpoint import NONE, Checkpoints
from training.trainers.estimators.fit import fit_estimator
from training.trainers.fit_network import fit_network
from training.trainers.networks.layers import parse_layer
from training.trainers.networks.predict import predict_network
from training.trainers.preflight import find_notes
from training.trainers.results.candidates import CrossValidatedScorer
from training.trainers.results.diagnosis import diagnose
from training.trainers.results.evaluation import evaluate
from training.trainers.results.metrics import compute_r2
from training.trainers.sample_weights import refuse_invalid_weights, weight_estimator
from training.trainers.split_check import check_split
from training.trainers.validation import cross_validate

MAX_SCORED = 5_000  # training rows, since some estimators predict slowly


def train(
    data: PreparedData,
    spec: TrainingSpec,
    *,
    on_epoch: OnEpoch,
    is_cancelled: IsCancelled,
    on_model: OnModel | None = None,
    checkpoints: Checkpoints = NONE,
    max_seconds: float = math.inf,
) -> Outcome:
    """Train a model and evaluate it on the test rows.

    Parameters
    ----------
    data : PreparedData
    spec : TrainingSpec
        A completed spec.
    on_epoch : callable
        Called with each epoch when it ends.
    is_cancelled : callable
        Called before every batch.
    on_model : callable or None
        Called after `on_epoch`, with a function that predicts.
    checkpoints : Checkpoints
        The outcome after resuming from a checkpoint is the same, with all epochs.
    max_seconds : float
        Time for everything. Folds that might take longer are left out.

    Raises Cancelled, TrainingDiverged, and SpecRefused for a spec that has not passed the preflight.
    """
    began = perf_counter()
    fitted = fit(data, spec, on_epoch=on_epoch, is_cancelled=is_cancelled, on_model=on_model, checkpoints=checkpoints)
    plan, evaluated = data.plan, evaluate(data, fitted)
    assert evaluated.headline is not None
    found: dict[str, Any] = {"trainer": fitted.trainer}
    if spec.user_model is None:
        found["kind"] = ModelKind.NETWORK
        found["parameters"] = sum(parameter.numel() for parameter in fitted.model.parameters())
    else:
        found["kind"] = ModelKind.ESTIMATOR
    if fitted.kept_epoch is not None:
        found["early_stopping"] = EarlyStopping(stopped_after=len(fitted.epochs), kept_epoch=fitted.kept_epoch)
    found["split"] = _describe_split(plan)
    checked = check_split(data, spec, evaluated.headline, _fit_quietly, perf_counter() - began, is_cancelled)
    if checked is not None:
        found["split_check"] = checked
        if checked.leaks:
            found["sentence"] = checked.sentence
        elif checked.is_unmeasured:
            found["sentence"] = f"{evaluated.sentence} {checked.sentence}"
    if spec.folds is not None:
        left = max_seconds - (perf_counter() - began)
        found["cross_validation"] = cross_validate(plan, spec, _fit_quietly, is_cancelled, left)
    found["columns"] = ColumnKinds(
        number=list(plan.numbers), date=list(plan.dates), category=list(plan.categories), text=list(plan.texts)
    )
    notes = find_notes(spec, plan)
    found["notes"] = notes
    auxiliary = evaluated.model_copy(update=found)
    scorer = CrossValidatedScorer(data, spec.seed or 0)
    train_score = _score_training_rows(data, fitted, spec)
    diagnoses = diagnose(fitted.epochs, auxiliary, spec, train_score, notes=notes, scorer=scorer)
    auxiliary = auxiliary.model_copy(update={"diagnosis": diagnoses})
    return Outcome(fitted.model, fitted.epochs, fitted.predictions, fitted.probabilities, auxiliary)


def fit(
    data: PreparedData,
    spec: TrainingSpec,
    *,
    on_epoch: OnEpoch,
    is_cancelled: IsCancelled,
    on_model: OnModel | None = None,
    checkpoints: Checkpoints = NONE,
) -> Fitted:
    """Train a model as `train` does, without evaluating it."""
    told: dict[str, Any] = {
        "on_epoch": on_epoch,
        "is_cancelled": is_cancelled,
        "on_model": on_model,
        "checkpoints": checkpoints,
    }
    refuse_invalid_weights(spec, data.classes)
    if spec.user_model is not None:
        weighed = weight_estimator(spec, data)
        return fit_estimator(weighed.choice, data, spec.seed or 0, weighed.of_rows, **told)
    layers = [parse_layer(entry) for entry in spec.user_arch]
    return fit_network(layers, spec, data, **told)


def _fit_quietly(data: PreparedData, spec: TrainingSpec, is_cancelled: IsCancelled) -> Fitted:
    return fit(data, spec, on_epoch=lambda row: None, is_cancelled=is_cancelled)


def _describe_split(plan: Plan) -> SplitSummary:
    return SplitSummary(
        kind=plan.split.kind,
        column=plan.split.column,
        value=plan.arranged.marked or None,
        train_rows=len(plan.train),
        test_rows=len(plan.test),
        sentence=plan.about_split,
    )


def _score_training_rows(data: PreparedData, fitted: Fitted, spec: TrainingSpec) -> float:
    """Return the accuracy or R² on training rows, on a sample of large tables."""
    step = math.ceil(len(data.X_train) / MAX_SCORED)
    X, y = data.X_train[::step], data.y_train[::step]
    if spec.user_model is not None:
        if data.classes is not None:
            known = fitted.epochs[-1].train_acc
            return math.nan if known is None else known
        return compute_r2(y, fitted.model.predict(X))
    predictions, _ = predict_network(fitted.model, X, spec, data.preparation)
    if data.classes is not None:
        return float((predictions == y).mean())
    return compute_r2(data.to_units(y), predictions)
