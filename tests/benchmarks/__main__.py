"""`python -m tests.benchmarks [PART …]` measures the numbers of playground/docs/benchmarks.md on an idle machine."""

from __future__ import annotations

import os
import sys

import django

from tests.benchmarks import (
    agreement,
    cards,
    defaults,
    explain,
    files,
    first_progress,
    first_start,
    first_visit,
    footprint,
    import_time,
    large_table,
    mail,
    messy,
    model_use,
    new_worker,
    progress,
    scale,
    scores,
    sweep,
    train_speed,
    whole_class,
    whole_run,
)
from tests.benchmarks.report import begin_report
from tests.server import serving

ON_A_SERVER = (first_progress, whole_run, sweep, model_use, large_table, whole_class)
ALONE = (
    *(agreement, scale, footprint, import_time, new_worker, first_start, first_visit),
    *(train_speed, defaults, files, scores, messy, cards, progress, mail, explain),
)


def main(names: list[str]) -> int:
    """`names` of modules here; all where there are none."""

    def is_wanted(part: object) -> bool:
        return not names or getattr(part, "__name__", "").rpartition(".")[2] in names

    os.environ["LOG_LEVEL"] = "WARNING"
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
    django.setup()
    begin_report()
    held = []
    if any(map(is_wanted, ON_A_SERVER)):
        with serving(TRAINING_WORKERS=str(whole_class.WORKERS)) as server:
            server.wait_until_compiled()  # or the first measurements would include the compilation
            held += [part.measure(server) for part in ON_A_SERVER if is_wanted(part)]
    held += [part.measure() for part in ALONE if is_wanted(part)]
    return 0 if all(held) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
