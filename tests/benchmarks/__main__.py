"""`python -m tests.benchmarks`: every number that the README quotes. Run it while nothing else runs."""

from __future__ import annotations

import os
import sys

from tests.benchmarks import defaults, first_progress, import_time, large_table, progress, whole_class, whole_run
from tests.benchmarks.report import begin_report
from tests.server import serving


def main() -> int:
    os.environ["LOG_LEVEL"] = "WARNING"
    begin_report()
    with serving(TRAINING_WORKERS=str(whole_class.WORKERS)) as server:
        held = [
            measure(server)
            for measure in (first_progress.measure, whole_run.measure, whole_class.measure, large_table.measure)
        ]
    held += [import_time.measure(), defaults.measure(), progress.measure()]
    return 0 if all(held) else 1


if __name__ == "__main__":
    sys.exit(main())
