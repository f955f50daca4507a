"""(c) A class of 200 learners who all start at once, on two workers."""

from __future__ import annotations

import asyncio
import json
import statistics
from time import perf_counter

from websockets.asyncio.client import ClientConnection, connect

from tests.benchmarks.report import report
from tests.server import Server, Talk, visit

LEARNERS = 200
WORKERS = 2
SINGLES = 20
FACTOR = 1.25
SPEC = {"default": "IRIS", "epochs": 100}


def measure(server: Server) -> bool:
    """The server must have two workers."""
    with Talk(server) as talk:
        singles = []
        for seed in range(SINGLES):
            began = perf_counter()
            talk.send("runTraining", **SPEC, seed=seed)
            talk.receive_until("trainingResult")
            singles.append(perf_counter() - began)
            talk.receive_until("trainingArtifacts")
    single = statistics.mean(singles)
    finished, total = asyncio.run(_learn_together(server))
    fair = LEARNERS * single / WORKERS
    pace = f"{finished / total:.0f} runs a second"
    measured = f"{finished} finished in {total:.1f} s, {pace}, {total / fair:.2f} times {LEARNERS} / {WORKERS} single"
    return report(
        f"{LEARNERS} learners at once on {WORKERS} workers, IRIS, 100 epochs each",
        f"{measured} runs of {1000 * single:.0f} ms",
        f"all finish, at most {FACTOR} times",
        finished == LEARNERS and total <= FACTOR * fair,
    )


async def _learn_together(server: Server) -> tuple[int, float]:
    """How many succeeded, and seconds from the first frame to the last result."""
    address = server.url.replace("http", "ws", 1) + "/ws/training/"
    visit(server.url).close()
    gate = asyncio.Event()
    connections = [await connect(address, origin=server.url, max_size=None) for _ in range(LEARNERS)]  # type: ignore[arg-type]
    lessons = [asyncio.create_task(_learn(connection, gate, seed)) for seed, connection in enumerate(connections)]
    began = perf_counter()
    gate.set()
    succeeded = await asyncio.gather(*lessons)
    total = perf_counter() - began
    for connection in connections:
        await connection.close()
    return sum(succeeded), total


async def _learn(connection: ClientConnection, gate: asyncio.Event, seed: int) -> bool:
    await gate.wait()
    await connection.send(json.dumps({"event": "runTraining", "data": {**SPEC, "seed": seed}}))
    epochs: list[int] = []
    while True:
        frame = json.loads(await asyncio.wait_for(connection.recv(), timeout=120))
        if frame["event"] == "trainingProgress":
            epochs += [row["epoch"] for row in frame["data"]["epochs"]]
        elif frame["event"] == "trainingResult":
            return bool(frame["data"]["success"]) and epochs == list(range(1, SPEC["epochs"] + 1))  # type: ignore[operator]
        elif frame["event"] == "error":
            raise AssertionError(frame)
