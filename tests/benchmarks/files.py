"""Measure the size and the build time of each file for download, for a network and for a forest."""

from __future__ import annotations

from time import perf_counter
from uuid import uuid4

import torch

from tests.benchmarks.report import report
from training.artifacts.catalog import PREPARATION, Facts, promised_names
from training.artifacts.predictions import build_predictions_csv
from training.artifacts.weights import build_pipeline, build_preparation, build_skops, build_state_dict
from training.datasets.sources import Builtin
from training.jobs.jobs import BuildJob, FinishedRun
from training.limits import Limits
from training.spec import TrainingSpec
from training.trainers.defaults import complete
from training.trainers.train import train
from training.trainers.trained import TrainedModel
from training.work.build import BUILDERS, Finished
from training.work.prepared import get_data

RUNS = {
    "IRIS, the default network": {"default": "IRIS"},
    "DIGITS, a forest of 100 trees": {"default": "DIGITS", "user_model": "RandomForestClassifier()"},
}


def measure() -> bool:
    torch.set_num_threads(1)
    for name, fields in RUNS.items():
        _make("BREAST CANCER", {"default": "BREAST CANCER", "epochs": 1})  # imports, and what is slow the first time
        files = _make(name, fields)
        for file, (size, seconds) in files.items():
            report(f"{name}: {file}", f"{size / 1000:,.1f} kB in {1000 * seconds:.0f} ms", "–", True)
    return True


def _make(name: str, fields: dict[str, object]) -> dict[str, tuple[int, float]]:
    """File -> (bytes, seconds)."""
    asked, source = TrainingSpec.model_validate({"seed": 0, **fields}), Builtin(str(fields["default"]))
    data = get_data(asked, source, Limits())
    spec = complete(asked, data.plan)
    outcome = train(data, spec, on_epoch=lambda row: None, is_cancelled=lambda: False)
    trained = TrainedModel(spec, data.preparation, outcome.model)
    run = FinishedRun(uuid4(), "", name, asked, spec, source, Limits(), {})
    names = promised_names(Facts.of(outcome.auxiliary, outcome.epochs))
    finished = Finished(BuildJob(run, tuple(names), tuple(outcome.epochs), outcome.auxiliary))
    finished.__dict__.update(trained=trained, loading="")  # instead of reading them from the file storage
    makers = {
        "model.pt": lambda: build_state_dict(outcome.model),
        "model.skops": lambda: build_skops(build_pipeline(data.preparation, outcome.model)),
        PREPARATION: lambda: build_preparation(data.preparation),
        "predictions.csv": lambda: build_predictions_csv(data, outcome.predictions, outcome.probabilities),
        **{file: lambda file=file: finished.get_file(file) for file in BUILDERS},
    }
    files = {}
    for file in [PREPARATION, *names]:
        began = perf_counter()
        content = makers[file]()
        files[file] = (len(content), perf_counter() - began)
    return files
