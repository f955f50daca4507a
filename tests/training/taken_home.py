"""A run of a CSV with every file that says or computes predictions, and what each of them answers for its test rows."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import onnxruntime
from threadpoolctl import threadpool_limits

from tests.training.scripts import run_code
from training.artifacts.code.loading import find_plain_names, write_loading
from training.artifacts.graph.check import check_onnx
from training.artifacts.graph.features import to_inputs
from training.artifacts.graph.model import build_onnx
from training.artifacts.notebook import build_notebook
from training.artifacts.predictions import build_predictions_csv
from training.artifacts.script import build_script
from training.artifacts.weights import build_pipeline, build_skops
from training.datasets.plan import make_plan
from training.datasets.preprocessing import PreparedData, prepare
from training.datasets.sources import Stored, load_table
from training.datasets.table import Table
from training.limits import Limits
from training.spec import ProblemType, TrainingSpec
from training.trainers.base import Outcome
from training.trainers.defaults import complete
from training.trainers.estimators import ESTIMATORS
from training.trainers.estimators.objects import find_untrusted
from training.trainers.train import train
from training.trainers.trained import TrainedModel

NAME = "input.csv"
LABELS = {
    "negative": ["-2", "-1", "0", "1", "2"],
    "two signs": ["-1", "1"],
    "two digits": ["8", "9", "10"],
    "fractions": ["0.5", "1.5", "10.5"],
    "booleans": ["False", "True"],
    "blanks inside": ["New York", "new  york", "Bern"],
    "emoji": ["🍎", "🍐 pear", "é"],
    "leading zeros": ["0101", "101", "007"],
    "formulas": ["=1+1", "@home", "'tis", "+x"],
}
MODELS = ["network"] + [name for name, entry in ESTIMATORS.items() if entry.problem_type is ProblemType.CLASSIFICATION]
QUICK = {"n_estimators": 7, "max_iter": 20, "hidden_layer_sizes": [5], "n_neighbors": 4, "max_depth": 3}


@dataclass(frozen=True)
class TakenHome:
    """The files of a run on `content`, an uploaded file. Labels and numbers are compared as text."""

    content: bytes
    source: Stored
    table: Table
    spec: TrainingSpec
    data: PreparedData
    outcome: Outcome

    @property
    def said(self) -> list[str]:
        """The run's own answers for the test rows."""
        predictions = self.outcome.predictions.tolist()
        if self.data.classes is None:
            return [str(value) for value in predictions]
        return [self.data.classes[index] for index in predictions]

    @cached_property
    def trained(self) -> TrainedModel:
        return TrainedModel(self.spec, self.data.preparation, self.outcome.model)

    @cached_property
    def predictions_csv(self) -> bytes:
        return build_predictions_csv(self.data, self.outcome.predictions, self.outcome.probabilities)

    @cached_property
    def skops(self) -> bytes:
        return build_skops(build_pipeline(self.data.preparation, self.outcome.model))

    @cached_property
    def loading(self) -> str:
        plain = find_plain_names(self.data, self.source, self.table, lambda _: io.BytesIO(self.content))
        trusted = find_untrusted(self.skops)
        return write_loading(self.spec, self.data, self.source, self.table, trusted, plain)

    def ask_predictions_csv(self) -> list[str]:
        """As a reader of CSV files gets them: the guard against formulas is its writer's, and is taken away."""
        rows = csv.DictReader(io.StringIO(self.predictions_csv.decode(), newline=""))
        return [row["predicted"].removeprefix("'") for row in rows]

    def ask_script(self) -> list[str]:
        return self._run(build_script(self.spec, self.data, self.source, self.table))

    def ask_notebook(self) -> list[str]:
        cells = json.loads(build_notebook(self.spec, self.data, self.source, self.table))["cells"]
        return self._run("\n\n".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"))

    def ask_skops(self) -> list[str]:
        answers = self._run(self.loading, {"model.skops": self.skops})
        return [answers[index] for index in self.data.test_index]

    def ask_onnx(self) -> list[str]:
        """Raises ExportInexact or ExportUnsupported where the run is offered no such file."""
        content = build_onnx(self.trained)
        check_onnx(content, self.trained, self.data.plan.frame)
        session = onnxruntime.InferenceSession(content, providers=["CPUExecutionProvider"])
        given = session.run(None, to_inputs(self.data.preparation, self.data.test_frame))[0]
        return [str(value) for value in given.ravel().tolist()]

    def _run(self, code: str, files: dict[str, bytes] | None = None) -> list[str]:
        _, error, answers = run_code(code, {NAME: self.content, **(files or {})}, wants_answers=True)
        if error:
            raise AssertionError(f"{error}\nin\n{code}")
        return answers


def take_home(text: str | bytes, **fields: Any) -> TakenHome:
    """Train on a CSV, by the steps that a worker takes. Autograd trains networks, since it is repeated exactly."""
    content = text.encode() if isinstance(text, str) else text
    spec = TrainingSpec.model_validate({"seed": 0, "trainer": "autograd", **fields})
    source = Stored("key", NAME, "location", spec.reading)
    table = load_table(source, lambda _: io.BytesIO(content))
    data = prepare(make_plan(table, spec, Limits()))
    spec = complete(spec, data.plan)
    with threadpool_limits(1):
        outcome = train(data, spec, on_epoch=lambda row: None, is_cancelled=lambda: False)
    return TakenHome(content, source, table, spec, data, outcome)


def build_table(labels: list[str], n_rows: int = 60, *, is_tied: bool = False) -> str:
    """A CSV of two numbers, a category and a target; many rows alike with different labels if `is_tied`."""
    rng = np.random.default_rng(len(labels))
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["a", "b", "c", "target"])
    for number in range(n_rows):
        label = labels[number % len(labels)]
        place = number % len(labels)
        if is_tied:
            writer.writerow([number // 2 % 3, number // 6 % 2, "uv"[number % 2], label])
        else:
            row = [f"{place + rng.normal():.2f}", f"{rng.normal() - place:.1f}", "uvw"[int(rng.integers(3))]]
            writer.writerow([*row, label])
    return out.getvalue()


def write_model(name: str, n_classes: int) -> dict[str, object]:
    if name == "network":
        return {
            "user_arch": ["nn.Linear(6)", "nn.Tanh()", f"nn.Linear({n_classes})"],
            "epochs": 4,
            "criterion": "CELOSS",
        }
    known = {argument.name for argument in ESTIMATORS[name].arguments}
    return {"user_model": {"estimator": name, **{key: value for key, value in QUICK.items() if key in known}}}


def take_home_labels(labels: list[str], name: str, *, is_tied: bool) -> TakenHome:
    return take_home(
        build_table(labels, is_tied=is_tied),
        target="target",
        problem_type="classification",
        column_types={"target": "category"},
        **write_model(name, len(labels)),
    )
