"""A run's epochs as CSV, under the names that they have on the wire."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence

from training.messages.events import EpochRow


def build_results_csv(rows: Sequence[EpochRow]) -> bytes:
    """One line an epoch; UTF-8."""
    text = io.StringIO()
    names = [field.alias or name for name, field in EpochRow.model_fields.items()]
    writer = csv.DictWriter(text, names, lineterminator="\n")
    writer.writeheader()
    writer.writerows(row.model_dump(by_alias=True) for row in rows)
    return text.getvalue().encode()
