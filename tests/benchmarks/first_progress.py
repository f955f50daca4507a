"""(a) From the frame to the first `trainingProgress`, on a warm server."""

from __future__ import annotations

from time import perf_counter

from tests.benchmarks.report import median_ms, report
from tests.server import Server, Talk

RUNS = 20
LIMIT_MS = 60


def measure(server: Server) -> bool:
    times = []
    with Talk(server) as talk:
        for seed in range(RUNS):
            began = perf_counter()
            talk.send("runTraining", default="IRIS", seed=seed)
            talk.receive_until("trainingProgress")
            times.append(perf_counter() - began)
            talk.receive_until("trainingArtifacts")
    median = median_ms(times)
    return report(
        f"frame to first trainingProgress, IRIS, median of {RUNS}",
        f"{median:.0f} ms (slowest {1000 * max(times):.0f})",
        f"at most {LIMIT_MS} ms",
        median <= LIMIT_MS,
    )
