"""The one way to train: data and a completed spec in, an outcome out, whichever kind of model it is."""

from __future__ import annotations

from training.datasets.preprocessing import PreparedData
from training.spec import TrainingSpec
from training.trainers.base import IsCancelled, OnEpoch, Outcome
from training.trainers.estimators import parse_estimator
from training.trainers.estimators.fit import fit_estimator
from training.trainers.networks.layers import parse_layer
from training.trainers.networks.loop import fit_network
from training.trainers.results.diagnosis import diagnose
from training.trainers.results.evaluation import evaluate


def train(data: PreparedData, spec: TrainingSpec, *, on_epoch: OnEpoch, is_cancelled: IsCancelled) -> Outcome:
    """`on_epoch` hears each epoch as it ends; `is_cancelled` is asked before every batch.

    Raises Cancelled, TrainingDiverged, and SpecRefused for a spec that has not passed the preflight.
    """
    if spec.user_model is not None:
        kind = "estimator"
        choice = parse_estimator(spec.user_model)
        fitted = fit_estimator(choice, data, spec.seed or 0, on_epoch=on_epoch, is_cancelled=is_cancelled)
    else:
        kind = "network"
        layers = [parse_layer(entry) for entry in spec.user_arch]
        fitted = fit_network(layers, spec, data, on_epoch=on_epoch, is_cancelled=is_cancelled)
    auxiliary = {"kind": kind, **evaluate(data, fitted)}
    if kind == "network":
        auxiliary["parameters"] = sum(parameter.numel() for parameter in fitted.model.parameters())
    if fitted.kept_epoch is not None:
        auxiliary["early_stopping"] = {"stopped_after": len(fitted.epochs), "kept_epoch": fitted.kept_epoch}
    auxiliary["columns"] = {"number": data.plan.numbers, "date": data.plan.dates, "category": data.plan.categories}
    auxiliary["diagnosis"] = [one.model_dump(mode="json") for one in diagnose(fitted.epochs, auxiliary, spec)]
    return Outcome(kind, fitted.model, fitted.epochs, fitted.predictions, fitted.probabilities, auxiliary)
