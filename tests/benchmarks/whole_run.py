"""(b) A whole run of 100 epochs through the socket, against the same loop bare, and against a DataLoader loop."""

from __future__ import annotations

from time import perf_counter
from typing import Any

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from tests.benchmarks.report import median_ms, report, time_of
from tests.server import Server, Talk
from training.datasets.builtin import load_builtin
from training.datasets.plan import make_plan
from training.datasets.preprocessing import prepare
from training.limits import Limits
from training.spec import TrainingSpec
from training.trainers.defaults import complete
from training.trainers.networks.layers import parse_layer
from training.trainers.networks.loop import fit_network
from training.trainers.networks.network import build_network

ROUNDS = 9
LIMIT_MS = 100  # over the bare loop
FACTOR = 2.0

SPECS: dict[str, dict[str, Any]] = {
    "the default network": {"default": "IRIS", "seed": 0},
    "4-10-3, batch 20": {
        "default": "IRIS",
        "seed": 0,
        "user_arch": ["nn.Linear(4, 10)", "nn.ReLU()", "nn.Linear(10, 3)"],
        "batch_size": 20,
    },
}


def measure(server: Server) -> bool:
    torch.set_num_threads(1)
    held = [_measure(server, name, fields) for name, fields in SPECS.items()]
    return all(held)


def _measure(server: Server, name: str, fields: dict[str, Any]) -> bool:
    spec = TrainingSpec.model_validate({**fields, "epochs": 100})
    data = prepare(make_plan(load_builtin("IRIS"), spec, Limits()))
    spec = complete(spec, data.plan)
    layers = [parse_layer(entry) for entry in spec.user_arch]

    def bare() -> None:
        fit_network(layers, spec, data, on_epoch=lambda row: None, is_cancelled=lambda: False)

    def with_dataloader() -> None:
        train_with_dataloader(build_network(layers, data.X_train.shape[1]), data, spec)

    bare(), with_dataloader()  # warm
    times: dict[str, list[float]] = {"bare": [], "dataloader": [], "socket": []}
    with Talk(server) as talk:
        for _ in range(ROUNDS):  # in turns, so that a busy moment of the machine strikes all of them
            times["bare"].append(time_of(bare))
            times["dataloader"].append(time_of(with_dataloader))
            began = perf_counter()
            talk.send("runTraining", **fields, epochs=100)
            talk.receive_until("trainingResult")
            times["socket"].append(perf_counter() - began)
            talk.receive_until("trainingArtifacts")
    ours, theirs, socket = (median_ms(times[key]) for key in ("bare", "dataloader", "socket"))
    over = report(
        f"IRIS, 100 epochs, {name}: frame to trainingResult, median of {ROUNDS}",
        f"{socket:.0f} ms, the loop bare {ours:.0f} ms",
        f"at most bare + {LIMIT_MS} ms",
        socket <= ours + LIMIT_MS,
    )
    faster = report(
        f"IRIS, 100 epochs, {name}: the same with a DataLoader loop",
        f"{theirs:.0f} ms, {theirs / socket:.2f} times the run through the socket, {theirs / ours:.2f} times bare",
        f"at least {FACTOR:g} times",
        theirs >= FACTOR * socket,
    )
    return over and faster


def train_with_dataloader(network: nn.Sequential, data: Any, spec: TrainingSpec) -> None:
    """The loop of most tutorials: mini-batches from a DataLoader, an optimiser over parameters, sums by `.item()`."""
    train = TensorDataset(torch.from_numpy(data.X_train), torch.from_numpy(data.y_train))
    test = TensorDataset(torch.from_numpy(data.X_test), torch.from_numpy(data.y_test))
    batches = DataLoader(train, batch_size=spec.batch_size, shuffle=True)
    test_batches = DataLoader(test, batch_size=spec.batch_size)
    criterion = nn.CrossEntropyLoss()
    optimizer = torch.optim.Adam(network.parameters(), lr=spec.learning_rate or 0.001)
    for _ in range(spec.epochs or 0):
        network.train()
        total, right = 0.0, 0
        for X, y in batches:
            optimizer.zero_grad()
            outputs = network(X)
            loss = criterion(outputs, y)
            loss.backward()
            optimizer.step()
            total += loss.item() * len(y)
            right += (outputs.argmax(1) == y).sum().item()
        network.eval()
        with torch.no_grad():
            for X, y in test_batches:
                outputs = network(X)
                total += criterion(outputs, y).item() * len(y)
                right += (outputs.argmax(1) == y).sum().item()
