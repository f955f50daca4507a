"""(d) A sweep of 200 runs through the socket: ten learning rates, each with twenty seeds."""

from __future__ import annotations

from time import perf_counter

from tests.benchmarks.report import report
from tests.server import Server, Talk

RATES = [0.0003, 0.001, 0.002, 0.003, 0.005, 0.01, 0.02, 0.03, 0.05, 0.1]
SEEDS = list(range(20))
SPEC = {"default": "IRIS", "epochs": 100, "user_arch": ["nn.Linear(4, 10)", "nn.ReLU()", "nn.Linear(10, 3)"]}
LIMIT_SECONDS = 5.0


def measure(server: Server) -> bool:
    vary = {"learning_rate": RATES, "seed": SEEDS}
    with Talk(server) as talk:
        checked = talk.ask("checkSweep", spec=SPEC, vary=vary)["data"]
        began = perf_counter()
        talk.send("runSweep", spec=SPEC, vary=vary)
        frames = talk.receive_until("sweepResult", "error", timeout=300)
        seconds = perf_counter() - began
    result = frames[-1]["data"]
    scores = [score for combination in result.get("combinations", []) for score in combination["scores"]]
    is_whole = len(scores) == len(RATES) * len(SEEDS) and None not in scores
    messages = sum(frame["event"] == "sweepProgress" for frame in frames)
    return report(
        f"a sweep of {checked['runs']} IRIS runs of 100 epochs, 4-10-3, from the frame to sweepResult",
        f"{seconds:.1f} s, estimated {checked['seconds']:.1f} s, {messages} progress messages",
        f"all with a score, at most {LIMIT_SECONDS:g} s",
        is_whole and seconds <= LIMIT_SECONDS,
    )
