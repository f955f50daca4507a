"""Measure the import of `playground.asgi`, which the web process does at its start, and check that it loads nothing
heavy.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile

from tests.benchmarks.report import report
from tests.server import ROOT

REPEATS = 7
HEAVY = ("torch", "sklearn", "pandas", "numpy")
SCRIPT = f"""
if __name__ == "__main__":
    import json, sys, time
    began = time.perf_counter()
    import playground.asgi
    seconds = time.perf_counter() - began
    print(json.dumps([seconds, [name for name in {HEAVY!r} if name in sys.modules]]))
    playground.asgi.engine.stop()
"""


def measure() -> bool:
    seconds, loaded = [], set()
    with tempfile.TemporaryDirectory() as folder:
        environment = {**os.environ, "DATA_DIR": folder}
        for command in (["migrate", "--verbosity=0"], None):
            if command:
                subprocess.run([sys.executable, "manage.py", *command], cwd=ROOT, env=environment, check=True)
        for _ in range(REPEATS):
            done = subprocess.run(
                [sys.executable, "-c", SCRIPT], cwd=ROOT, env=environment, capture_output=True, text=True, check=True
            )
            took, heavy = json.loads(done.stdout)
            seconds.append(took)
            loaded.update(heavy)
    return report(
        f"import playground.asgi, median of {REPEATS}",
        f"{statistics.median(seconds):.2f} s; loaded of {', '.join(HEAVY)}: {', '.join(sorted(loaded)) or 'none'}",
        "torch and sklearn not loaded",
        not loaded & {"torch", "sklearn"},
    )
