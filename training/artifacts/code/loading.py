"""Write the code that loads a run's `model.skops` and predicts a table, for the run's page and its report."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import BinaryIO

import numpy as np
import pandas as pd

from training.artifacts.catalog import SKOPS
from training.artifacts.code.imports import write_imports
from training.artifacts.code.layout import Code, Section, assign, call, join_blocks, keyword, write_list, write_value
from training.artifacts.code.load import write_load
from training.artifacts.code.prepare import write_inputs
from training.datasets.preprocessing import PreparedData
from training.datasets.sources import Source, Stored
from training.datasets.table import Table
from training.spec import TrainingSpec

MAX_BYTES = 20_000_000  # rows that are read a second time with pandas' defaults


def find_plain_names(
    data: PreparedData, source: Source, table: Table, open_file: Callable[[str], BinaryIO]
) -> list[str] | None:
    """Return the names of the columns as `pandas.read_csv` reads them with its defaults.

    Returns None if the model would get other values from that reading than from the run's own.
    """
    if not isinstance(source, Stored):
        return None
    plan, preparation = data.plan, data.preparation
    with open_file(source.location) as file:
        if file.seek(0, 2) > MAX_BYTES:
            return None
        file.seek(0)
        try:
            frame = pd.read_csv(file)
            if frame.shape != table.frame.shape:
                return None
            names = [str(name) for name in frame.columns]
            frame.columns = table.frame.columns
            X = preparation.preprocessor.transform(frame.iloc[plan.frame.index])
        except (ValueError, TypeError):  # other columns, text instead of numbers, or no CSV
            return None
    is_same = np.array_equal(np.asarray(X, np.float32), preparation.transform(plan.frame))
    return names if is_same else None


def write_loading(
    spec: TrainingSpec,
    data: PreparedData,
    source: Source,
    table: Table,
    trusted: Sequence[str],
    plain: list[str] | None,
) -> str:
    """Return Python code that runs unchanged in the folder of the model's file and the table's file.

    Parameters
    ----------
    trusted
        Types that skops loads only if they are named.
    plain
        The result of `find_plain_names`. If None, the code reads the table as `train.py` does.
    """
    arguments: list[Code] = [write_value(SKOPS)]
    lines: list[str] = []
    if trusted:
        lines.append("# These types are scikit-learn's and NumPy's own: skops loads them where they are named.")
        lines.append(assign("trusted", write_list(trusted)))
        arguments.append(keyword("trusted", "trusted"))
    lines.append(assign("model", call("load", *arguments)))
    model = Section("", "", ("from skops.io import load",), "\n".join(lines))
    if plain is not None:
        assert isinstance(source, Stored)
        read = [assign("table", call("pd.read_csv", write_value(source.name)))]
        if plain != list(table.frame.columns):
            read.append(assign("table.columns", write_list(table.frame.columns)))
        sections = [Section("", "", ("import pandas as pd",), "\n".join(read))]
    else:
        sections = [write_load(source, table, has_arguments=False), write_inputs(spec, data, table)]
    given = "X" if plain is None else "table"
    predict = Section("", "", (), f"predictions = model.predict({given})\nprint(predictions)")
    everything = [model, *sections, predict]
    return join_blocks([write_imports(everything, one_thread=False), *(section.code for section in everything)]) + "\n"
