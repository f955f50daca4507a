"""Runs and their undisturbed twins: the same spec and seed, once in peace."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import Any

import torch

from tests.faults.watcher import Watcher
from tests.server import Server, Talk, visit

SPECS: dict[str, dict[str, Any]] = {
    "compiled network": {
        "default": "DIGITS",
        "user_arch": ["Linear(256)", "ReLU()", "Dropout(0.2)", "Linear(128)", "ReLU()", "Linear(10)"],
        "epochs": 220,
    },
    "autograd network": {
        "default": "DIGITS",
        "user_arch": ["Linear(64)", "BatchNorm1d()", "ReLU()", "Dropout(0.3)", "Linear(10)"],
        "trainer": "autograd",
        "schedule": "cosine",
        "epochs": 150,
    },
    "estimator in steps": {"default": "DIGITS", "user_model": "GradientBoostingClassifier(n_estimators=60)"},
    "estimator in one step": {"default": "DIGITS", "user_model": "RandomForestClassifier(n_estimators=900)"},
}
# Long enough that a fault finds them at it.
SHORT = {
    "compiled network": {**SPECS["compiled network"], "epochs": 100},
    "estimator in steps": {"default": "DIGITS", "user_model": "GradientBoostingClassifier(n_estimators=30)"},
}
SEED = 7
TWIN_SECONDS = 300


@dataclass(frozen=True)
class Ending:
    """All that must be the same. `weights`: of a network, by name; `predictions`: the file, row by row."""

    rows: list[dict[str, Any]]
    metrics: dict[str, Any]
    predictions: bytes
    weights: dict[str, torch.Tensor] | None

    def differs_from(self, other: Ending) -> list[str]:
        parts = [name for name in ("rows", "metrics", "predictions") if getattr(self, name) != getattr(other, name)]
        if self.weights is not None and other.weights is not None:
            same = self.weights.keys() == other.weights.keys()
            if not same or any(not torch.equal(value, other.weights[name]) for name, value in self.weights.items()):
                parts.append("weights")
        return parts


@dataclass(frozen=True)
class Twin:
    """The result of a spec that was trained without faults."""

    name: str
    spec: dict[str, Any]
    ending: Ending


def train_twins(server: Server, specs: dict[str, dict[str, Any]]) -> list[Twin]:
    with Talk(server) as talk:
        watchers = {name: start(server, talk, spec) for name, spec in specs.items()}
        for name, watcher in watchers.items():
            assert watcher.over.wait(TWIN_SECONDS), f"the twin of {name} did not end"
        return [Twin(name, specs[name], read_ending(server, talk.cookie, watchers[name])) for name in specs]


def start(server: Server, talk: Talk, spec: dict[str, Any]) -> Watcher:
    queued = talk.ask("runTraining", **spec, seed=SEED)
    assert queued["event"] == "trainingQueued", queued
    return Watcher(server, talk.cookie, queued["data"]["run_id"])


def read_ending(server: Server, cookie: str, watcher: Watcher) -> Ending:
    """Raises AssertionError for a run that failed."""
    assert not watcher.failed, watcher.failed
    frames = watcher.seen.frames
    (result,) = (frame["data"] for frame in frames if frame["event"] == "trainingResult")
    files = {file["name"]: file["url"] for file in frames[-1]["data"]["artifacts"]}

    def read(name: str) -> bytes:
        with visit(server.url + files[name], cookie=cookie) as response:
            content: bytes = response.read()
            return content

    return Ending(
        rows=[{name: value for name, value in row.items() if name != "train_time"} for row in result["dl_results"]],
        metrics=result["auxiliary_outputs"]["metrics"],
        predictions=read("predictions.csv"),
        weights=torch.load(io.BytesIO(read("model.pt")), weights_only=True) if "model.pt" in files else None,
    )
