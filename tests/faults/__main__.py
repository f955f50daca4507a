"""`python -m tests.faults [--seed N]`: every kind of fault at full length, with counts. About a quarter of an hour."""

from __future__ import annotations

import argparse
import random
import sys

from tests.benchmarks.report import begin_report, report
from tests.faults.parts import PARTS, play_part
from tests.faults.stage import stage
from tests.faults.twins import SPECS, train_twins


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=0, help="of all that is random here")
    parser.add_argument("parts", nargs="*", help=f"some of: {', '.join(part.name for part in PARTS)}")
    arguments = parser.parse_args()
    begin_report()
    held = []
    for engine in ("local", "celery"):
        parts = [part for part in PARTS if part.engine == engine and part.name in (arguments.parts or [part.name])]
        if not parts:
            continue
        with stage(engine) as place:
            twins = train_twins(place.server, SPECS)
            for part in parts:
                outcome = play_part(place, part, twins, part.times, random.Random(arguments.seed))
                held.append(
                    report(
                        f"{part.description}, {engine} engine", outcome.describe(), "all as their twins", outcome.holds
                    )
                )
    return 0 if all(held) else 1


if __name__ == "__main__":
    sys.exit(main())
