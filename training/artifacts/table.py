"""Write a run's epochs as CSV, under their names on the wire."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence

from training.messages.events import EpochRow


def build_results_csv(rows: Sequence[EpochRow]) -> bytes:
    """Return one line per epoch, in UTF-8."""
    text = io.StringIO()
    names = [field.alias or name for name, field in EpochRow.model_fields.items()]
    writer = csv.DictWriter(text, names, lineterminator="\n")
    writer.writeheader()
    writer.writerows(row.model_dump(by_alias=True) for row in rows)
    return text.getvalue().encode()
