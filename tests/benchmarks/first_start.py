"""How long a server takes until it has trained: on its first start, while the trainer is compiled, and later."""

from __future__ import annotations

import os
from contextlib import closing
from time import perf_counter

from tests.benchmarks.report import report, time_of
from tests.server import Server, Talk


def measure() -> bool:
    os.environ.pop("NUMBA_CACHE_DIR", None)  # the server keeps what is compiled in its own, empty data folder
    with closing(Server()) as server:
        began = perf_counter()
        first = time_of(server.start)
        wait_until_compiled(server)
        compiled = perf_counter() - began
        server.stop()
        later = time_of(server.start)
        assert _find_trainer(server) == "compiled"
    return report(
        "from the start of a server to a run on each core, in an empty data folder, and again",
        f"{first:.1f} s (compiled after {compiled:.1f} s), then {later:.1f} s",
        "–",
        True,
    )


def wait_until_compiled(server: Server) -> None:
    while _find_trainer(server) != "compiled":
        pass


def _find_trainer(server: Server) -> str:
    """What trains a network now."""
    with Talk(server) as talk:
        talk.send("runTraining", default="IRIS", epochs=1)
        frames = talk.receive_until("trainingResult")
        talk.receive_until("trainingArtifacts")
    return str(frames[-1]["data"]["auxiliary_outputs"]["trainer"])
