"""Using a model: an answer of `predict`, warm, while every worker trains; and how soon all files are there."""

from __future__ import annotations

from time import perf_counter

from tests.benchmarks.report import median_ms, report
from tests.server import Server, Talk

LIMIT_MS = 100
REPEATS = 30
LONG = {"default": "IRIS", "epochs": 10_000, "batch_size": 1}
ROW = {"sepal length (cm)": 6.1, "sepal width (cm)": 2.9, "petal length (cm)": 4.7, "petal width (cm)": 1.4}


def measure(server: Server) -> bool:
    with Talk(server) as talk:
        return _measure_predictions(talk, _train(talk, default="IRIS"))


def _train(talk: Talk, **spec: object) -> str:
    talk.send("runTraining", **spec)
    talk.receive_until("trainingResult")
    began = perf_counter()
    data = talk.receive_until("trainingArtifacts")[-1]["data"]
    taken = f"{1000 * (perf_counter() - began):.0f} ms for {len(data['artifacts'])} files"
    report("IRIS, the default network: from the result to all its files", taken, "–", True)
    run_id: str = data["run_id"]
    return run_id


def _measure_predictions(talk: Talk, run_id: str) -> bool:
    busy = [talk.ask("runTraining", **LONG)["data"]["run_id"] for _ in range(4)]  # two train, two wait
    talk.ask("predict", run_id=run_id, rows=[ROW])
    times = []
    for _ in range(REPEATS):
        began = perf_counter()
        frame = talk.ask("predict", run_id=run_id, rows=[ROW])
        times.append(perf_counter() - began)
        assert frame["event"] == "predictions", frame
    for each in busy:
        talk.send("cancelTraining", run_id=each)
    talk.receive_until("trainingCancelled")
    median = median_ms(times)
    return report(
        f"predict one row, warm, while both workers train, median of {REPEATS}",
        f"{median:.0f} ms (slowest {1000 * max(times):.0f})",
        f"at most {LIMIT_MS} ms",
        median <= LIMIT_MS,
    )
