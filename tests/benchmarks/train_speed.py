"""How fast small networks train: the compiled trainer and autograd here, beside what others use, on the same data,
split, first weights, batch size and epochs, with a test pass every epoch. One thread.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median
from time import perf_counter

import pandas as pd
import torch
from sklearn.datasets import make_classification

from tests.benchmarks import contestants
from training.datasets.builtin import load_builtin
from training.datasets.plan import make_plan
from training.datasets.preprocessing import PreparedData, prepare
from training.datasets.table import Table
from training.limits import Limits
from training.spec import ProblemType, Trainer, TrainingSpec
from training.trainers.defaults import complete
from training.trainers.fit_network import fit_network
from training.trainers.networks.batches import split_batches
from training.trainers.networks.layers import parse_layer
from training.trainers.networks.network import build_network

ROUNDS = 7
DATALOADER, SCIKIT_LEARN = "DataLoader loop", "scikit-learn MLP"


@dataclass(frozen=True)
class Work:
    """`sizes`: units of each layer, inputs first. `limits`: of the compiled trainer's time, as shares of that of the
    DataLoader loop and of scikit-learn.
    """

    name: str
    sizes: tuple[int, ...]
    batch_size: int
    epochs: int
    limits: tuple[float, float]
    rows: int | None = None
    """Of a generated table; None for the built-in one of this name."""


WORKS = (
    Work("IRIS", (4, 10, 3), 20, 100, (0.02, 0.05)),
    Work("DIGITS", (64, 64, 10), 32, 10, (0.08, 0.2)),
    Work("20,000 × 8", (8, 64, 64, 2), 64, 3, (0.1, 0.25), rows=20_000),
    Work("100,000 × 20", (20, 128, 128, 2), 256, 2, (0.25, 0.45), rows=100_000),
)


def measure() -> bool:
    torch.set_num_threads(1)
    print("\n| work | trainer | µs a step | expected | to scikit-learn | ratio |\n|---|---|---|---|---|---|")
    held = [_measure(work) for work in WORKS]  # all of them, also where one is missed
    return all(held)


def _measure(work: Work) -> bool:
    data = _load(work)
    layers = [layer for units in work.sizes[1:] for layer in (f"nn.Linear({units})", "nn.ReLU()")][:-1]
    asked = TrainingSpec(user_arch=layers, batch_size=work.batch_size, epochs=work.epochs, learning_rate=0.001, seed=0)
    spec = complete(asked, data.plan)
    torch.manual_seed(0)
    first = build_network([parse_layer(layer) for layer in layers], work.sizes[0])
    runs: dict[str, Callable[[], object]] = {
        "compiled": lambda: _fit(spec.model_copy(update={"trainer": Trainer.COMPILED}), data),
        "autograd": lambda: _fit(spec.model_copy(update={"trainer": Trainer.AUTOGRAD}), data),
        DATALOADER: lambda: contestants.train_with_dataloader(copy.deepcopy(first), data, spec),
        SCIKIT_LEARN: lambda: contestants.train_with_scikit_learn(first, data, spec),
        **{
            name: lambda train=train: train(copy.deepcopy(first), data, spec)
            for name, train in contestants.find_installed().items()
        },
    }
    times: dict[str, list[float]] = {name: [] for name in runs}
    for run in runs.values():  # what is compiled, imported or cached is so before it counts
        run()
    for _ in range(ROUNDS):  # in turns, so that a busy moment of the machine strikes all of them
        for name, run in runs.items():
            began = perf_counter()
            run()
            times[name].append(perf_counter() - began)
    seconds = {name: median(each) for name, each in times.items()}
    steps = work.epochs * len(split_batches(len(data.y_train), work.batch_size, first))
    title = f"{work.name}, {'-'.join(map(str, work.sizes))}, batch {work.batch_size}, {work.epochs} epochs"
    held = True
    for name, each in seconds.items():
        of_sklearn, of_loader = each / seconds[SCIKIT_LEARN], each / seconds[DATALOADER]
        expected = ""
        if name == "compiled":
            held = of_loader <= work.limits[0] and of_sklearn <= work.limits[1]
            expected = f"at most {work.limits[1]:g} and {work.limits[0]:g} {'✓' if held else 'missed'}"
        numbers = f"{1e6 * each / steps:.1f} | {expected} | {of_sklearn:.3f} | {of_loader:.3f}"
        print(f"| {title} | {name} | {numbers} |", flush=True)
    return held


def _fit(spec: TrainingSpec, data: PreparedData) -> None:
    layers = [parse_layer(layer) for layer in spec.user_arch]
    fitted = fit_network(layers, spec, data, on_epoch=lambda row: None, is_cancelled=lambda: False)
    assert fitted.trainer == spec.trainer


def _load(work: Work) -> PreparedData:
    if work.rows is None:
        table = load_builtin(work.name)
    else:
        n_features = work.sizes[0]
        X, y = make_classification(work.rows, n_features, n_informative=n_features // 2, random_state=0)
        frame = pd.DataFrame(X, columns=[f"x{place}" for place in range(n_features)]).assign(y=y)
        table = Table(work.name, frame, target="y", problem_type=ProblemType.CLASSIFICATION)
    return prepare(make_plan(table, TrainingSpec(seed=0), Limits()))
