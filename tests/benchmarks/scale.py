"""Measure capacity: 2,000 sockets on 50 live runs, 1,000 learners at once, 1 and 2 workers, and the cost of engines."""

from __future__ import annotations

import asyncio
import gc
import json
import resource
import statistics
import subprocess
import sys
import time
from collections import Counter
from time import perf_counter
from typing import Any

import psutil
from websockets.asyncio.client import ClientConnection, connect

from tests.benchmarks.report import median_ms, report
from tests.server import ROOT, UVICORN, Server, Talk, Worker, serving
from tests.services import PostgreSQL, Redis

SOCKETS, RUNS, PER_SECOND, SECONDS = 2_000, 50, 1, 20
P99_MS, SOCKET_KB = 250, 60
LEARNERS = 1_000
LESSON = {"default": "IRIS", "epochs": 100}
HEAVY = {
    "default": "DIGITS",
    "user_arch": ["Linear(256)", "ReLU()", "Linear(128)", "ReLU()", "Linear(10)"],
    "epochs": 100,
}
HEAVY_RUNS, GAIN = 12, 1.8
SINGLES = 30
NO_LIMITS = {"TRAINING_MAX_QUEUED": "5000", "TRAINING_MAX_ACTIVE_RUNS_PER_OWNER": "5000"}


def measure() -> bool:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))  # for the server, too, which inherits it
    redis, postgres = Redis(), PostgreSQL()
    try:
        shared = {"REDIS_URL": redis.url, "DATABASE_URL": postgres.url, "TRAINING_ENGINE": "celery", **NO_LIMITS}
        held = [_measure_sockets(shared), _measure_engines(shared), _measure_class(), _measure_workers()]
    finally:
        redis.close()
        postgres.close()
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    return all(held)


# --- sockets ---------------------------------------------------------------------------------------------------------


def _measure_sockets(shared: dict[str, str]) -> bool:
    """The workers are played, so that the cores are the server's and this client's."""
    server = Server(command=UVICORN, **shared)
    try:
        server.launch()
        server.wait_until_it_answers()
        process = psutil.Process(server.pid)
        light = report(
            "the web process, Celery's engine, before any socket",
            f"{process.memory_info().rss / 1e6:.0f} MB, torch {'' if _has_torch(process) else 'not '}loaded",
            "torch not loaded",
            not _has_torch(process),
        )
        with Talk(server) as talk:
            owner = talk.ask("listTrainings")  # so that the guest is known
            assert owner["event"] == "trainings", owner
            delays, each_kb, log = asyncio.run(_watch_together(server, talk.cookie, process))
        delays.sort()
        p50, p99 = (1000 * delays[int(share * (len(delays) - 1))] for share in (0.5, 0.99))
        delivered = f"{len(delays):,} of {log['epochs'] * SOCKETS:,} deliveries, p50 {p50:.0f} ms, p99 {p99:.0f} ms"
        watched = report(
            f"{SOCKETS:,} sockets on {RUNS} live runs, {PER_SECOND} events a second each: from stored to received",
            f"{delivered} (the player at most {1000 * log['late']:.0f} ms late)",
            f"all, p99 at most {P99_MS} ms",
            len(delays) == log["epochs"] * SOCKETS and p99 <= P99_MS,
        )
        small = report(
            "memory of a socket", f"{each_kb:.0f} KB, the process {process.memory_info().rss / 1e6:.0f} MB",
            f"at most {SOCKET_KB} KB", each_kb <= SOCKET_KB,
        )  # fmt: skip
        return light and watched and small
    finally:
        server.close()


async def _watch_together(
    server: Server, cookie: str, process: psutil.Process
) -> tuple[list[float], float, dict[str, Any]]:
    """Delays in seconds, KB a socket, and what the player says of itself."""
    command = [sys.executable, "-m", "tests.benchmarks.live_runs", cookie.partition("=")[2], str(RUNS)]
    command += [str(PER_SECOND), str(SECONDS)]
    environment = {**server.environment, "DJANGO_SETTINGS_MODULE": "tests.settings"}
    player = await asyncio.create_subprocess_exec(
        *command, cwd=ROOT, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert player.stdin and player.stdout
    run_ids = json.loads(await player.stdout.readline())
    before = process.memory_info().rss
    address = server.url.replace("http", "ws", 1) + "/ws/training/"
    connections: list[ClientConnection] = []
    for number in range(SOCKETS):
        connection = await connect(
            address, origin=server.url, additional_headers={"Cookie": cookie}, compression=None, ping_interval=None
        )  # type: ignore[arg-type]
        await connection.send(json.dumps({"event": "watchTraining", "data": {"run_id": run_ids[number % RUNS]}}))
        connections.append(connection)
    for connection in connections:  # clients watch a run after its first epoch
        first = json.loads(await asyncio.wait_for(connection.recv(), timeout=120))
        assert first["event"] == "trainingProgress", first
    delays: list[float] = []
    listening = [asyncio.create_task(_listen(connection, delays)) for connection in connections]
    each_kb = (process.memory_info().rss - before) / SOCKETS / 1e3
    gc.disable()  # or this client's pauses would be taken for the server's
    player.stdin.write(b"go\n")
    log = json.loads(await player.stdout.readline())
    await asyncio.gather(*listening)
    gc.enable()
    await player.wait()
    for connection in connections:
        connection.transport.abort()
    return delays, each_kb, log


async def _listen(connection: ClientConnection, delays: list[float]) -> None:
    while True:
        text = await asyncio.wait_for(connection.recv(), timeout=120)
        now = time.time()
        frame = json.loads(text)
        if frame["event"] == "trainingProgress":
            delays += [now - row["train_time"] for row in frame["data"]["epochs"]]
        elif frame["event"] == "trainingCancelled":
            return
        elif frame["event"] == "error":
            raise AssertionError(frame)


def _has_torch(process: psutil.Process) -> bool:
    return any("libtorch" in mapping.path for mapping in process.memory_maps())


# --- engines ---------------------------------------------------------------------------------------------------------


def _measure_engines(shared: dict[str, str]) -> bool:
    """One epoch of IRIS, and nothing else to do: what is left is the way there and back."""
    with serving(TRAINING_WORKERS="2") as server:
        server.wait_until_compiled()
        local = _time_singles(server)
    server = Server(**shared, TRAINING_WORKERS="2")
    worker = Worker(server).start()
    try:
        server.start()
        server.wait_until_compiled()
        celery = _time_singles(server)
    finally:
        worker.kill()
        server.close()
    measured = f"local {median_ms(local):.0f} ms, celery {median_ms(celery):.0f} ms"
    return report(f"IRIS, 1 epoch: frame to trainingResult, median of {SINGLES}", measured, "–", True)


def _time_singles(server: Server) -> list[float]:
    times = []
    with Talk(server) as talk:
        for seed in range(SINGLES):
            began = perf_counter()
            talk.send("runTraining", default="IRIS", epochs=1, seed=seed)
            talk.receive_until("trainingResult")
            times.append(perf_counter() - began)
            talk.receive_until("trainingArtifacts")
    return times


# --- many learners ---------------------------------------------------------------------------------------------------


def _measure_class() -> bool:
    with serving(TRAINING_WORKERS="2", **NO_LIMITS) as server:
        server.wait_until_compiled()
        waits, total = asyncio.run(_learn_together(server))
    mean = statistics.mean(waits)
    measured = (
        f"{len(waits)} finished in {total:.0f} s, {len(waits) / total:.0f} runs a second; waits: mean {mean:.1f} s"
    )
    return report(
        f"{LEARNERS:,} learners who start at once on 2 workers, IRIS, 100 epochs each",
        f"{measured}, slowest {max(waits):.1f} s, {max(waits) / mean:.2f} times the mean",
        "all finish",
        len(waits) == LEARNERS,
    )


async def _learn_together(server: Server) -> tuple[list[float], float]:
    """Seconds that each waited for a result, and that all of it took."""
    address = server.url.replace("http", "ws", 1) + "/ws/training/"
    connections = [
        await connect(address, origin=server.url, max_size=None, ping_interval=None)  # type: ignore[arg-type]
        for _ in range(LEARNERS)
    ]
    began = perf_counter()
    waits = await asyncio.gather(*(_learn(connection, seed) for seed, connection in enumerate(connections)))
    total = perf_counter() - began
    for connection in connections:
        connection.transport.abort()
    return waits, total


async def _learn(connection: ClientConnection, seed: int) -> float:
    began = perf_counter()
    await connection.send(json.dumps({"event": "runTraining", "data": {**LESSON, "seed": seed}}))
    while True:
        frame = json.loads(await asyncio.wait_for(connection.recv(), timeout=600))
        if frame["event"] == "trainingResult":
            assert frame["data"]["success"], frame
            return perf_counter() - began
        assert frame["event"] != "error", frame


# --- workers ---------------------------------------------------------------------------------------------------------


def _measure_workers() -> bool:
    paces = {}
    for workers in (1, 2):
        with serving(TRAINING_WORKERS=str(workers), **NO_LIMITS) as server, Talk(server) as talk:
            server.wait_until_compiled()  # otherwise the first runs would use another trainer than the last ones
            began = perf_counter()
            for seed in range(HEAVY_RUNS):
                talk.send("runTraining", **HEAVY, seed=seed)
            seen: Counter[str] = Counter()
            while seen["trainingResult"] < HEAVY_RUNS:
                seen[talk.receive(timeout=120)["event"]] += 1
            paces[workers] = HEAVY_RUNS / (perf_counter() - began)
    gain = paces[2] / paces[1]
    measured = f"{paces[1]:.2f} with one worker, {paces[2]:.2f} with two: {gain:.2f} times"
    return report("runs a second, DIGITS, 64-256-128-10, 100 epochs", measured, f"at least {GAIN} times", gain >= GAIN)
