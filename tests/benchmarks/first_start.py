"""How long a server takes until it has trained: on its first start, while the trainer is compiled, and later."""

from __future__ import annotations

import os
from contextlib import closing
from time import perf_counter

from tests.benchmarks.report import report, time_of
from tests.server import Server


def measure() -> bool:
    os.environ.pop("NUMBA_CACHE_DIR", None)  # the server keeps what is compiled in its own, empty data folder
    with closing(Server()) as server:
        began = perf_counter()
        server.launch()
        server.wait_until_it_answers()
        answers = perf_counter() - began
        server.warm_up()
        first = perf_counter() - began
        server.wait_until_compiled()
        compiled = perf_counter() - began
        server.stop()
        later = time_of(server.start)
        assert server.find_trainer() == "compiled"
    return report(
        "from the start of a server to a run on each core, in an empty data folder, and again",
        f"{first:.1f} s (it answers after {answers:.1f} s, compiled after {compiled:.1f} s), then {later:.1f} s",
        "–",
        True,
    )
