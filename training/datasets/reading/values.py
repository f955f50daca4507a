"""Write the values of workbooks and Parquet files as text. Generated scripts contain this function as it is here."""

from __future__ import annotations

import datetime
from decimal import Decimal

import pandas as pd


def write_cell(value: object) -> str:
    """Write 7.0 as `7`, dates as ISO 8601, booleans as `TRUE` and `FALSE`, and a missing value as an empty text."""
    if value is None or pd.isna(value):
        return ""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, datetime.datetime):
        return value.isoformat(sep=" ").removesuffix(" 00:00:00")
    if isinstance(value, datetime.date | datetime.time):
        return value.isoformat()
    if isinstance(value, datetime.timedelta):
        seconds = value.total_seconds()
        return f"{seconds // 3600:.0f}:{seconds // 60 % 60:02.0f}:{seconds % 60:02.0f}"
    return str(value)
