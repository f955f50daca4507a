"""`python -m tests.benchmarks`: every number that the README quotes. Run it while nothing else runs."""

from __future__ import annotations

import os
import sys

from tests.benchmarks import (
    defaults,
    files,
    first_progress,
    import_time,
    large_table,
    mail,
    messy,
    model_use,
    progress,
    scores,
    whole_class,
    whole_run,
)
from tests.benchmarks.report import begin_report
from tests.server import serving


def main() -> int:
    os.environ["LOG_LEVEL"] = "WARNING"
    begin_report()
    with serving(TRAINING_WORKERS=str(whole_class.WORKERS)) as server:
        held = [part.measure(server) for part in (first_progress, whole_run, whole_class, model_use, large_table)]
    held += [part.measure() for part in (import_time, defaults, files, scores, messy, progress, mail)]
    return 0 if all(held) else 1


if __name__ == "__main__":
    sys.exit(main())
