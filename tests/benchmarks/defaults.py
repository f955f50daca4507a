"""How good the defaults are: mean test score over ten seeds with nothing but the table named."""

from __future__ import annotations

import statistics

import torch

from tests.benchmarks.report import report
from training.datasets.builtin import load_builtin
from training.datasets.plan import make_plan
from training.datasets.preprocessing import prepare
from training.limits import Limits
from training.spec import TrainingSpec
from training.trainers.defaults import complete
from training.trainers.train import train

SEEDS = range(10)
EXPECTED = {"IRIS": 0.94, "WINE": 0.96, "BREAST CANCER": 0.96, "DIGITS": 0.95}
OTHERS = ("DIABETES", "CIRCLES", "MOONS", "XOR", "SPIRAL")


def score(name: str, seed: int) -> float:
    """Accuracy, or R² for regression."""
    spec = TrainingSpec(default=name, seed=seed)
    data = prepare(make_plan(load_builtin(name), spec, Limits()))
    outcome = train(data, complete(spec, data.plan), on_epoch=lambda row: None, is_cancelled=lambda: False)
    value: float = outcome.auxiliary.headline.value
    return value


def measure() -> bool:
    torch.set_num_threads(1)
    holds = True
    for name in (*EXPECTED, *OTHERS):
        mean = statistics.mean(score(name, seed) for seed in SEEDS)
        least = EXPECTED.get(name)
        expected = f"at least {least}" if least else "–"
        holds &= report(
            f"defaults on {name}, mean over seeds 0 to 9", f"{mean:.3f}", expected, not least or mean >= least
        )
    return holds
