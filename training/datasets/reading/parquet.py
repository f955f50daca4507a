"""Parquet files, read by pyarrow within bounds that are checked before anything is unpacked."""

from __future__ import annotations

import io

import pandas as pd
import pyarrow as pa
from pyarrow import parquet

from training.datasets.bounds import check_columns
from training.datasets.reading.archives import find_limit
from training.datasets.reading.body import EXAMPLES
from training.datasets.reading.cells import Cells, Kind, Layout
from training.datasets.reading.headers import make_unique
from training.datasets.reading.values import write_cell
from training.exceptions import UnreadableTable
from training.messages.problems import Problem
from training.problems import build_problem
from training.spec.reading import ReadingOptions

MAX_CELLS = 50_000_000
SMALL_CELLS = 1_000_000  # up to which a file may be packed as tightly as it likes
NESTED_HINT = "To use these values, write them to columns of numbers, texts or dates, one value a cell."
MAX_RATIO = 50  # cells for each byte of the file beyond that


def read_parquet(raw: bytes, name: str, options: ReadingOptions) -> Cells:
    """Read all columns with plain values as text, and note the others. Raises UnreadableTable."""
    try:
        file = parquet.ParquetFile(io.BytesIO(raw))
        metadata, schema = file.metadata, file.schema_arrow
        check_columns(metadata.num_columns)
        unpacked = sum(metadata.row_group(number).total_byte_size for number in range(metadata.num_row_groups))
        most = min(MAX_CELLS, max(SMALL_CELLS, MAX_RATIO * len(raw)))
        if metadata.num_rows * max(1, metadata.num_columns) > most or unpacked > find_limit(len(raw)):
            raise UnreadableTable(
                f"The file has {metadata.num_rows:,} rows with {metadata.num_columns:,} columns; at most {most:,} "
                f"cells and {find_limit(len(raw)):,} bytes are accepted from a file of {len(raw):,} bytes.",
                hint="Upload a sample of the rows.",
            )
        table = file.read()
        kept = [number for number, column in enumerate(schema) if not _find_fault(column.type)]
    except (pa.ArrowException, OSError, ValueError) as error:
        raise UnreadableTable(
            f"The Parquet file cannot be read: {str(error).splitlines()[0][:200] if str(error) else 'it is damaged'}.",
            hint="Write it again, or export the table as CSV.",
        ) from error
    if table.num_rows == 0 or table.num_columns == 0:
        raise UnreadableTable("The table has no rows.", hint="Add rows.")
    names = make_unique(table.column_names)
    left_out = [(names[number], column.type) for number, column in enumerate(schema) if number not in kept]
    if not kept:
        raise UnreadableTable(
            f"No column of the table holds plain values: {_list_columns(left_out)}.", hint=NESTED_HINT
        )
    frame = pd.DataFrame({names[number]: _write_column(table.column(number)) for number in kept})
    layout = Layout(Kind.PARQUET, tuple(names), dropped=tuple(label for label, _ in left_out), columns=tuple(kept))
    return Cells(name, frame, layout, options, notes=_describe_left_out(left_out))


def _find_fault(kind: pa.DataType) -> str:
    """Return what the values of this type are called if they cannot be written as cells; empty if they can."""
    if pa.types.is_dictionary(kind):
        kind = kind.value_type
    if pa.types.is_nested(kind):
        return "lists or objects"
    is_bytes = pa.types.is_binary(kind) or pa.types.is_large_binary(kind) or pa.types.is_fixed_size_binary(kind)
    return "bytes" if is_bytes else ""


def _describe_left_out(left_out: list[tuple[str, pa.DataType]]) -> tuple[Problem, ...]:
    if not left_out:
        return ()
    count = f"{len(left_out):,} {'column is' if len(left_out) == 1 else 'columns are'} left out"
    message = f"{count}: {_list_columns(left_out)}."
    return (build_problem("nested_columns", "reading", message, NESTED_HINT),)


def _list_columns(columns: list[tuple[str, pa.DataType]]) -> str:
    shown = [f"{label[:80]!r} holds {_find_fault(kind)} ({str(kind)[:80]})" for label, kind in columns[:EXAMPLES]]
    more = f", and {len(columns) - EXAMPLES:,} more" if len(columns) > EXAMPLES else ""
    return ", ".join(shown) + more


def _write_column(column: pa.ChunkedArray) -> pd.Series:
    """Write the values of a column as text. Each different value is written once."""
    if pa.types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    values = column.to_pandas(types_mapper=pd.ArrowDtype).astype(object)
    if column.type == pa.string():
        return values.where(values.notna(), "").astype("str")
    texts: dict[object, str] = {}
    written = [texts[value] if value in texts else texts.setdefault(value, write_cell(value)) for value in values]
    return pd.Series(written, dtype="str")
