"""Small prepared tables for tests of what trains on them."""

from __future__ import annotations

import io
from functools import cache

from tests.training.tables import read_csv
from training.datasets.builtin import load_builtin
from training.datasets.plan import make_plan
from training.datasets.preprocessing import PreparedData, prepare
from training.limits import Limits
from training.spec import TrainingSpec


@cache
def builtin_data(name: str, seed: int = 0) -> PreparedData:
    return prepare(make_plan(load_builtin(name), TrainingSpec(seed=seed), Limits()))


def csv_data(text: str, **fields) -> PreparedData:
    return prepare(make_plan(read_csv(io.BytesIO(text.encode()), "test.csv"), TrainingSpec(**fields), Limits()))


def two_class_data(rows: int = 60) -> PreparedData:
    return csv_data("x,y\n" + "".join(f"{n},{'ab'[n % 2]}\n" for n in range(rows)), target="y", seed=0)


def separable_data() -> PreparedData:
    """Two classes that one number tells apart."""
    return csv_data("x,y\n" + "".join(f"{n},{'ab'[n >= 100]}\n" for n in range(200)), target="y", seed=0)
