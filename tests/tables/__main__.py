"""Try generated tables for some minutes: `python -m tests.tables [MINUTES] [SEED]`. Prints outcomes and faults."""

from __future__ import annotations

import os
import sys

import django


def main(minutes: float = 10, seed: int = 1_000) -> int:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
    django.setup()
    from tests.tables.campaign import run_campaign  # needs the settings

    campaign = run_campaign(60 * float(minutes), int(seed))
    print(f"{sum(campaign.codes.values()):,} files in {float(minutes):g} minutes")
    for code, count in sorted(campaign.codes.items(), key=lambda item: -item[1]):
        print(f"{count:8,} {code or 'trained'}")
    for fault, (file, wishes) in campaign.faults.items():
        print(f"FAULT {fault}\n      {file.name}: {file.content!r}\n      {wishes}")
    return 1 if campaign.faults else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))  # type: ignore[arg-type]
