"""Data that the page of a sweep or a comparison gets before its socket connects: everything except the scores.

The page shows all rows from the start, so that nothing moves when scores arrive. Called by the views.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.urls import reverse

from playground.run_page import describe_run
from playground.wire.identity import Identity
from training import runs
from training.exceptions import RunNotFound
from training.models import TrainingRun
from training.permissions import VIEW_RUNS
from training.spec import TrainingSpec
from training.sweeps.paths import ESTIMATOR, LAYERS
from training.sweeps.tasks import ComparisonTask, SweepTask
from training.sweeps.variation import SEED, Combination, parse_variation
from training.trainers.estimators import parse_estimator
from training.trainers.networks.layers import parse_layer

MODELS = (LAYERS, ESTIMATOR)
"""Where paths that change the model begin."""


def describe_sweep(identity: Identity, run: TrainingRun) -> dict[str, Any]:
    """Return the data of a sweep.

    `combinations[i]` is number i of the sweep's events. It has its `values` by path, and the fields of the spec that
    they change, with models in the object form. `model` is empty if the model varies. Raises SpecRefused if the server
    no longer knows a varied field.
    """
    vary = dict(SweepTask.model_validate(run.task).vary)
    spec = TrainingSpec.model_validate(run.spec)
    variation = parse_variation(spec, vary, max_runs=sys.maxsize)  # the limit was checked when the sweep was created
    return {
        "run": _describe(identity, run),
        "model": "" if any(path.startswith(MODELS) for path in vary) else run.model,
        "paths": [path for path in vary if path != SEED],
        "seeds": variation.seeds,
        "combinations": [_describe_combination(combination) for combination in variation.combinations],
    }


def describe_comparison(identity: Identity, run: TrainingRun) -> dict[str, Any]:
    """Return the data of a comparison. `runs` are the two compared runs; `url` is None if a run has been deleted."""
    task = ComparisonTask.model_validate(run.task)
    model, _, other_model = run.model.partition(" / ")  # as they were joined when it was asked for
    return {
        "run": _describe(identity, run),
        "runs": [
            _describe_compared(identity, task.run_id, model),
            _describe_compared(identity, task.other_run_id, other_model),
        ],
        "differences": [difference.model_dump(mode="json") for difference in task.differences],
        "seeds": list(range(task.seeds)),
    }


def _describe(identity: Identity, run: TrainingRun) -> dict[str, Any]:
    described = describe_run(identity, run)
    return described | {"kind": run.kind, "title": f"A {run.kind} on {run.data}", "data": run.data}


def _describe_combination(combination: Combination) -> dict[str, Any]:
    changes = _as_objects(combination.spec.model_dump(mode="json", include=set(combination.changes)))
    models = {path: changes[path] for path in MODELS if path in combination.values}
    return {"values": {**combination.values, **models}, "changes": changes}


def _as_objects(changes: Mapping[str, Any]) -> dict[str, Any]:
    """Return the same changes with layers and estimators in the object form, as the Train page needs them."""
    written = dict(changes)
    if written.get("user_arch"):
        written["user_arch"] = [parse_layer(entry).as_object() for entry in written["user_arch"]]
    if written.get("user_model"):
        choice = parse_estimator(written["user_model"])
        written["user_model"] = {"estimator": choice.entry.name, **choice.arguments}
    return written


def _describe_compared(identity: Identity, run_id: UUID, model: str) -> dict[str, Any]:
    try:
        run = runs.get_run(identity, run_id, VIEW_RUNS)
    except RunNotFound:
        return {"title": model, "model": model, "url": None}
    return {"title": str(run), "model": run.model, "url": reverse("run", args=[run_id])}
