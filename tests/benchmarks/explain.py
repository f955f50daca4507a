"""Measure the explanation of one prediction (`predict {explain: true}`): 20 features, 10,000 rows, each kind of
model.
"""

from __future__ import annotations

from time import perf_counter

import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits

from tests.benchmarks.report import median_ms, report
from training.datasets.plan import make_plan
from training.datasets.preprocessing import prepare
from training.datasets.table import Table
from training.limits import Limits
from training.spec import TrainingSpec
from training.trainers.defaults import complete
from training.trainers.explanations.explain import explain
from training.trainers.train import train
from training.trainers.trained import TrainedModel

LIMIT_MS = 300
REPEATS = 5
ROWS, FEATURES = 10_000, 20
MODELS = (
    "",
    "LogisticRegression()",
    "RandomForestClassifier()",
    "HistGradientBoostingClassifier()",
    "KNeighborsClassifier()",
    "SVC()",
    "MLPClassifier(max_iter=20)",
)


def measure() -> bool:
    held = [_measure(model) for model in MODELS]
    return all(held)


def _measure(model: str) -> bool:
    fields = {"user_model": model} if model else {"epochs": 3}
    spec = TrainingSpec.model_validate({"target": "y", "seed": 0, **fields})
    data = prepare(make_plan(Table("t", _build_table()), spec, Limits()))
    spec = complete(spec, data.plan)
    with threadpool_limits(1):  # as in a worker
        outcome = train(data, spec, on_epoch=lambda row: None, is_cancelled=lambda: False)
        trained = TrainedModel(spec, data.preparation, outcome.model)
        rows, times = data.test_frame, []
        for number in range(REPEATS + 1):
            row = rows.iloc[[number]]
            began = perf_counter()
            explain(trained, row, trained.predict(row))
            times.append(perf_counter() - began)
    median = median_ms(times[1:])
    return report(
        f"{model or 'the default network'}: explain one answer, {FEATURES} features, warm, median of {REPEATS}",
        f"{median:.0f} ms (the first: {1000 * times[0]:.0f})",
        f"at most {LIMIT_MS} ms",
        median <= LIMIT_MS,
    )


def _build_table() -> pd.DataFrame:
    random = np.random.default_rng(0)
    X = random.normal(size=(ROWS, FEATURES))
    y = X[:, 0] + X[:, 1] * X[:, 2] + 0.5 * random.normal(size=ROWS) > 0
    return pd.DataFrame(X, columns=[f"x{index}" for index in range(FEATURES)]).assign(y=np.where(y, "yes", "no"))
