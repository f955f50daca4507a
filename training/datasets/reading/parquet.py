"""Parquet files, read by pyarrow within bounds that are checked before anything is unpacked."""

from __future__ import annotations

import io

import pandas as pd
import pyarrow as pa
from pyarrow import parquet

from training.datasets.bounds import check_columns
from training.datasets.reading.archives import find_limit
from training.datasets.reading.cells import Cells, Kind, Layout
from training.datasets.reading.headers import make_unique
from training.datasets.reading.values import write_cell
from training.exceptions import UnreadableTable
from training.spec.reading import ReadingOptions

MAX_CELLS = 50_000_000
SMALL_CELLS = 1_000_000  # up to which a file may be packed as tightly as it likes
MAX_RATIO = 50  # cells for each byte of the file beyond that


def read_parquet(raw: bytes, name: str, options: ReadingOptions) -> Cells:
    """Read all columns as text. Raises UnreadableTable."""
    try:
        file = parquet.ParquetFile(io.BytesIO(raw))
        metadata, schema = file.metadata, file.schema_arrow
        check_columns(metadata.num_columns)
        _check_types(schema)
        unpacked = sum(metadata.row_group(number).total_byte_size for number in range(metadata.num_row_groups))
        most = min(MAX_CELLS, max(SMALL_CELLS, MAX_RATIO * len(raw)))
        if metadata.num_rows * max(1, metadata.num_columns) > most or unpacked > find_limit(len(raw)):
            raise UnreadableTable(
                f"The file has {metadata.num_rows:,} rows with {metadata.num_columns:,} columns; at most {most:,} "
                f"cells and {find_limit(len(raw)):,} bytes are accepted from a file of {len(raw):,} bytes.",
                hint="Upload a sample of the rows.",
            )
        table = file.read()
    except (pa.ArrowException, OSError, ValueError) as error:
        raise UnreadableTable(
            f"The Parquet file cannot be read: {str(error).splitlines()[0][:200] if str(error) else 'it is damaged'}.",
            hint="Write it again, or export the table as CSV.",
        ) from error
    if table.num_rows == 0 or table.num_columns == 0:
        raise UnreadableTable("The table has no rows.", hint="Add rows.")
    names = make_unique(table.column_names)
    frame = pd.DataFrame({label: _write_column(table.column(number)) for number, label in enumerate(names)})
    return Cells(name, frame, Layout(Kind.PARQUET, tuple(names)), options)


def _check_types(schema: pa.Schema) -> None:
    for column in schema:
        kind = column.type.value_type if pa.types.is_dictionary(column.type) else column.type
        nested = pa.types.is_nested(kind)
        if nested or pa.types.is_binary(kind) or pa.types.is_large_binary(kind) or pa.types.is_fixed_size_binary(kind):
            raise UnreadableTable(
                f"The column {column.name[:80]!r} holds {'lists or objects' if nested else 'bytes'} instead of plain "
                "values.",
                hint="Leave it out, or write its values to columns of their own.",
            )


def _write_column(column: pa.ChunkedArray) -> pd.Series:
    """Each different value is written once."""
    if pa.types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    values = column.to_pandas(types_mapper=pd.ArrowDtype).astype(object)
    if column.type == pa.string():
        return values.where(values.notna(), "").astype("str")
    texts: dict[object, str] = {}
    written = [texts[value] if value in texts else texts.setdefault(value, write_cell(value)) for value in values]
    return pd.Series(written, dtype="str")
