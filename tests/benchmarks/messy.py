"""Each messy table of the tests, and what it gets: what is learned from, what is said, or why it is refused."""

from __future__ import annotations

from tests.training.test_messy_tables import CASES, read
from training.datasets.plan import make_plan
from training.datasets.preprocessing import prepare
from training.exceptions import SpecRefused, UnreadableTable
from training.limits import Limits
from training.spec import TrainingSpec

SHOWN = 5  # features


def measure() -> bool:
    print("\n| table | what it gets |\n|---|---|")
    for name, case in CASES.items():
        try:
            data = prepare(make_plan(read(case), TrainingSpec.model_validate({**case.fields, "seed": 0}), Limits()))
        except (SpecRefused, UnreadableTable) as error:
            got = f"refused, `{error.data.code}`: {error.message} {error.data.hint}"
        else:
            features = ", ".join(repr(feature) for feature in data.feature_names[:SHOWN])
            more = f" and {len(data.feature_names) - SHOWN:,} more" if len(data.feature_names) > SHOWN else ""
            notes = "".join(f"; {note.message}" for note in data.plan.notes)
            got = f"learns from {features}{more}{notes}"
        print(f"| {name} | {got} |", flush=True)
    return True
