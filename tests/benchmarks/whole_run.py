"""(b) A whole run of 100 epochs through the socket, against the same loop bare, and against a DataLoader loop."""

from __future__ import annotations

from time import perf_counter
from typing import Any

import torch

from tests.benchmarks.contestants import train_with_dataloader
from tests.benchmarks.report import median_ms, report, time_of
from tests.server import Server, Talk
from training.datasets.builtin import load_builtin
from training.datasets.plan import make_plan
from training.datasets.preprocessing import prepare
from training.limits import Limits
from training.spec import TrainingSpec
from training.trainers.defaults import complete
from training.trainers.fit_network import fit_network
from training.trainers.networks.layers import parse_layer
from training.trainers.networks.network import build_network

ROUNDS = 9
LIMIT_MS = 40  # from the frame to the result
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
        f"at most {LIMIT_MS} ms",
        socket <= LIMIT_MS,
    )
    faster = report(
        f"IRIS, 100 epochs, {name}: the same with a DataLoader loop",
        f"{theirs:.0f} ms, {theirs / socket:.2f} times the run through the socket, {theirs / ours:.2f} times bare",
        f"at least {FACTOR:g} times",
        theirs >= FACTOR * socket,
    )
    return over and faster
