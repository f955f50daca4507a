"""Write the lines that load a run's table with the options with which the run read it."""

from __future__ import annotations

import inspect
import json
from dataclasses import replace
from typing import Any

from training.artifacts.code.layout import (
    Group,
    Section,
    assign,
    call,
    keyword,
    render,
    write_list,
    write_text,
    write_value,
)
from training.artifacts.code.shapes import SHAPES
from training.datasets.builtin import find_builtin
from training.datasets.reading.cells import Kind, Layout, Packing
from training.datasets.reading.records import write_cell as write_record_cell
from training.datasets.reading.values import write_cell
from training.datasets.sources import Builtin, Inline, Paired, Source, Stored
from training.datasets.table import Table

EMBEDDED_BYTES = 50_000  # largest inline table that is written into the script

_BUNDLED = {
    "IRIS": "load_iris",
    "WINE": "load_wine",
    "BREAST CANCER": "load_breast_cancer",
    "DIGITS": "load_digits",
    "DIABETES": "load_diabetes",
}

WRITE_RECORD_CELL = f"\n\n{inspect.getsource(write_record_cell).strip()}\n\n"
WRITE_CELL = f"\n\n{inspect.getsource(write_cell).strip()}\n\n"
WRITE_IMPORTS = ("import datetime", "from decimal import Decimal", "import pandas as pd")

FILTER = "lines = [line for number, line in enumerate(file, start=1) if number not in skipped]"
TITLE = "Load the table"
EMBEDDED = "The table is small: it is part of the code."


def write_load(source: Source, table: Table, *, has_arguments: bool) -> Section:
    """Write the lines that load the table. `has_arguments`: whether the script may take the table's path as an
    argument.
    """
    if isinstance(source, Builtin):
        return _write_builtin(find_builtin(source.name).name, table)
    if isinstance(source, Paired):
        return _write_pair(source, table, has_arguments=has_arguments)
    return _write_cells(source, table, 1 if has_arguments else None)


def _write_pair(source: Paired, table: Table, *, has_arguments: bool) -> Section:
    """Write the lines that read both tables as text and stack them."""
    assert not isinstance(source.first, Builtin) and table.test_cells is not None
    place = 2 if has_arguments and isinstance(source.first, Stored) else 1
    first = _write_cells(source.first, table, 1 if has_arguments else None)
    tests = _write_cells(
        source.tests,
        replace(table, cells=table.test_cells, frame=table.test_cells.frame),
        place if has_arguments else None,
    )
    lines = [
        first.code,
        "\ntable_to_learn = table\n",
        tests.code,
        "\n# The rows of the second table are the test rows.",
        assign("columns", write_list(table.frame.columns)),
        "table = pd.concat([table_to_learn, table[columns]], ignore_index=True)",
    ]
    about = f"{first.about} The second table has the test rows."
    return Section(TITLE, about, tuple({*first.imports, *tests.imports}), "\n".join(lines))


def _write_cells(source: Stored | Inline, table: Table, argument: int | None) -> Section:
    """Write the lines that read a table as text. `argument`: the position of the command-line argument with its
    path.
    """
    if isinstance(source, Inline):
        return _write_inline(source, table)
    path = write_value(source.name)
    about = "The table is read as the playground read it. Put the file next to this notebook."
    if argument is None:
        return _write_csv(assign("path", path), "path", table, about, set())
    path_line = f"path = sys.argv[{argument}] if len(sys.argv) > {argument} else {path}"
    return _write_csv(path_line, "path", table, about, {"import sys"})


def _write_builtin(name: str, table: Table) -> Section:
    about = "The table comes with scikit-learn."
    if name in SHAPES:
        imports, code = SHAPES[name]
        return Section(TITLE, "The points are drawn by the computer, the same ones every time.", imports, code)
    if name not in _BUNDLED:
        imports = ("from sklearn.datasets import fetch_california_housing",)
        return Section(TITLE, about, imports, "table = fetch_california_housing(as_frame=True).frame")
    loader = _BUNDLED[name]
    values = "bunch.target_names[bunch.target].astype(str)" if name != "DIABETES" else "bunch.target"
    code = f"bunch = {loader}(as_frame=True)\ntable = bunch.data.assign({table.target}={values})"
    return Section(TITLE, about, (f"from sklearn.datasets import {loader}",), code)


def _write_inline(source: Inline, table: Table) -> Section:
    records = find_records(source)
    if records is None:
        text = (source.text or "").encode("utf-8", "replace")
        if len(text) > EMBEDDED_BYTES:
            return _write_csv(assign("path", '"data.csv"'), "path", table, "Save the table as data.csv first.", set())
        data = write_text("data", text.decode("utf-8-sig"))
        return _write_csv(data, "io.StringIO(data)", table, EMBEDDED, {"import io"})
    if len(json.dumps(records)) > EMBEDDED_BYTES:
        code = 'records = json.loads(Path("data.json").read_text(encoding="utf-8"))'
        imports: tuple[str, ...] = ("import json", "from pathlib import Path")
        about = "Save the records as data.json first."
    else:
        rows = tuple(
            Group("{", tuple(f"{write_value(name)}: {write_value(value)}" for name, value in record.items()), "}")
            for record in records
        )
        code, imports, about = (
            assign("records", Group("[", rows, "]")),
            (),
            EMBEDDED,
        )
    lines = [
        code,
        assign("table", call("pd.DataFrame", "records", keyword("dtype", "object"))),
        _write_names(table),
        WRITE_RECORD_CELL,
        'table = table.map(write_cell, na_action="ignore").fillna("").astype("str")',
    ]
    return Section(TITLE, about, (*imports, "import pandas as pd"), "\n".join(lines))


def find_records(source: Inline) -> list[dict[str, Any]] | None:
    """Return the records of an inline table, or None if it is CSV text."""
    if source.text is None:
        return list(source.records or ())
    return json.loads(source.text) if source.text.lstrip().startswith("[") else None


def _write_csv(before: str, path: str, table: Table, about: str, imports: set[str]) -> Section:
    assert table.cells is not None
    layout = table.cells.layout
    lines = [before]
    if layout.kind in (Kind.WORKBOOK, Kind.PARQUET):
        lines += _write_workbook(layout) if layout.kind is Kind.WORKBOOK else _write_parquet(layout)
        lines += [
            _write_names(table),
            WRITE_CELL,
            'table = table.map(write_cell).astype("str")',
        ]
        imports = {*imports, *WRITE_IMPORTS}
        if layout.kind is Kind.PARQUET:
            imports.add("import pyarrow.parquet as pq")
        return Section(TITLE, about, tuple(sorted(imports)), "\n".join(lines))
    encoding = keyword("encoding", write_value(layout.encoding))
    opened = call("open", path, encoding, keyword("newline", '""')) if path == "path" else None
    is_encoded = path == "path"
    if layout.packing is not Packing.NONE:
        is_gzip = layout.packing is Packing.GZIP
        lines += ["with gzip.open(path) as file:" if is_gzip else "with zipfile.ZipFile(path) as file:"]
        lines += ["    content = file.read()" if is_gzip else f"    content = file.read({write_value(layout.member)})"]
        path, opened = (
            "io.BytesIO(content)",
            call("io.TextIOWrapper", "io.BytesIO(content)", encoding, keyword("newline", '""')),
        )
        imports = imports | {"import io", "import gzip" if is_gzip else "import zipfile"}
    if not layout.even:
        lines.append(assign("skipped", Group("{", tuple(map(write_value, layout.skipped)), "}")))
        if opened is not None:
            lines += [f"with {render(opened)} as file:", f"    {FILTER}"]
        else:
            lines.append(FILTER.replace("file", path))
        path, imports, is_encoded = 'io.StringIO("".join(lines), newline="")', imports | {"import io"}, False
    skipped = write_list(line - 1 for line in layout.skipped)
    arguments = [
        path,
        keyword("sep", write_value(layout.delimiter if layout.delimiter != " " else r"\s+")),
        *([encoding] if is_encoded else []),
        keyword("header", "None"),
        keyword("names", "names"),
        *([keyword("skiprows", skipped)] if layout.skipped and layout.even else []),
        keyword("index_col", "False"),
        keyword("skipinitialspace", "True"),
        keyword("dtype", '"str"'),
        keyword("na_filter", "False"),
    ]
    lines += [assign("names", write_list(layout.names)), assign("table", call("pd.read_csv", *arguments))]
    if layout.dropped:
        lines.append(assign("table", call("table.drop", keyword("columns", write_list(layout.dropped)))))
    return Section(TITLE, about, (*sorted(imports), "import pandas as pd"), "\n".join(lines))


def _write_workbook(layout: Layout) -> list[str]:
    arguments = [
        "path",
        keyword("sheet_name", write_value(layout.sheet)),
        keyword("header", "None"),
        keyword("dtype", "object"),
        keyword("na_filter", "False"),
        keyword("engine", '"calamine"'),
    ]
    lines = [assign("table", call("pd.read_excel", *arguments))]
    if layout.errors:
        errors = tuple(write_value(error) for error in layout.errors)
        lines.append(assign("errors", Group("[", errors, "]")))
        lines += ["for row, column, error in errors:", "    table.loc[row, column] = error"]
    if layout.skipped:
        rows = write_list(line - 1 for line in layout.skipped)
        lines.append(assign("table", call("table.drop", keyword("index", rows), keyword("errors", '"ignore"'))))
    dropped = {layout.columns[position] for position, name in enumerate(layout.names) if name in layout.dropped}
    kept = [column for column in layout.columns if column not in dropped]
    lines.append(assign("table", f"table[{render(write_list(kept))}].reset_index(drop=True)"))
    return lines


def _write_parquet(layout: Layout) -> list[str]:
    arguments = [keyword("ignore_metadata", "True"), keyword("types_mapper", "pd.ArrowDtype")]
    lines = ["content = pq.read_table(path)"]
    if layout.dropped:
        lines.append(assign("content", call("content.select", write_list(layout.columns))))
    return [*lines, assign("table", call("content.to_pandas", *arguments)), "table = table.astype(object)"]


def _write_names(table: Table) -> str:
    return assign("table.columns", write_list(table.frame.columns))
