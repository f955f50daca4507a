"""Write the lines that turn a table into arrays: types, target, split, and the preparation of the columns."""

from __future__ import annotations

from typing import Any

from pandas.api import types
from sklearn.base import clone

from training.artifacts.code.layout import (
    Code,
    Group,
    Section,
    assign,
    call,
    join_blocks,
    keyword,
    write_list,
    write_object,
    write_value,
)
from training.artifacts.code.reading import READ_SECONDS, TRANSLATE_DATE, write_reading
from training.artifacts.code.split import write_arrangement, write_row_split
from training.datasets.constants import find_silenced
from training.datasets.formats.labels import LabelFormat, write_label
from training.datasets.formats.numeric import find_number_format
from training.datasets.formats.text import Text
from training.datasets.plan import Plan
from training.datasets.preprocessing import PreparedData
from training.datasets.table import Table
from training.datasets.texts import get_vectorizer, read_texts, take_sample
from training.spec import ProblemType, TrainingSpec
from training.spec.columns import get_type
from training.spec.enums import SplitKind

AS_TEXT = '''def as_text(value):
    """1.0 and 1 are the same category."""
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)'''


SILENCE_CONSTANTS = """preparation.fit(X_train)
# What is constant in the training rows counts as 0 in every row: no weight is learned for other values.
for step in {steps}:
    scaler = preparation.named_transformers_[step][-1]
    scaler.scale_[scaler.scale_ != np.sqrt(scaler.var_)] = np.inf"""

GROUPS = {"number": "numbers", "category": "categories"}
"""The steps of the preparation -> the variables that list their columns."""


def write_columns(spec: TrainingSpec, data: PreparedData, table: Table) -> Section:
    """Write the lines that give columns their types and separate the target from the features."""
    plan = data.plan
    columns = [plan.target, *plan.numbers, *plan.dates, *plan.categories, *plan.texts]
    named = [name for name in (plan.split.column, spec.weight) if name is not None]
    more = [name for name in (*plan.arranged.alike, *named) if name not in columns]
    lines = [line for name in dict.fromkeys([*columns, *more]) for line in _write_column(name, spec, plan, table)]
    if len(plan.frame) < len(table.frame):
        needed = [plan.target, *([plan.split.column] if plan.split.kind is SplitKind.TIME else [])]
        lines.append(f"table = table.dropna(subset={write_value(needed)})")
    lines += write_arrangement(plan)
    lines += _write_features(plan, table)
    target = f"table[{write_value(plan.target)}]"
    if plan.problem_type is ProblemType.REGRESSION:
        lines.append(f"y = {target}.to_numpy(np.float64)")
    else:
        lines += _write_labels(target, plan)
    if spec.weight is not None:
        lines.append(_write_weights(spec.weight, plan))
    about = f"`y` is the target, `X` holds the features. {_describe(plan)}"
    return _gather("Choose the columns", about, lines)


def write_inputs(spec: TrainingSpec, data: PreparedData, table: Table) -> Section:
    """Write the lines that give the features their types, for a table that may lack the target."""
    plan = data.plan
    columns = [*plan.numbers, *plan.dates, *plan.categories, *plan.texts]
    lines = [line for name in columns for line in _write_column(name, spec, plan, table)]
    about = f"`X` holds the features. {_describe(plan)}"
    return _gather("Choose the columns", about, lines + _write_features(plan, table))


def _gather(title: str, about: str, lines: list[str]) -> Section:
    code = "\n".join(lines)
    known = (("as_text", AS_TEXT), ("read_seconds", READ_SECONDS), ("translate_date", TRANSLATE_DATE))
    helpers = [helper for name, helper in known if name in code]
    helper = "\n\n\n".join(helpers) + "\n\n" if helpers else ""
    everything = helper + code
    imports = {"import pandas as pd"} if "pd." in everything else set()
    imports |= {"import numpy as np"} if "np." in everything else set()
    imports |= {"import re"} if "re." in helper else set()
    return Section(title, about, tuple(imports), f"\n\n{helper}\n{code}" if helper else code)


def write_split(spec: TrainingSpec, data: PreparedData) -> Section:
    """Write the lines that split, fit the preparation on the training rows, and standardise a regression target."""
    plan = data.plan
    split, imports = write_row_split(spec, plan)
    imports |= {"import numpy as np"}
    lines, transformers = [], []
    for name, steps, columns in data.preparation.preprocessor.transformers:
        code, needed = write_object(steps)
        if name.startswith("terms_") and get_vectorizer(steps).vocabulary is not None:
            code, choose = _write_vocabulary(steps, name, columns[0], data)
            lines.append(choose)
        imports |= needed | {"from sklearn.compose import ColumnTransformer"}
        chosen = GROUPS.get(name, name)
        columns = write_value(columns) if name.startswith("terms_") else GROUPS.get(name, "texts")
        lines.append(assign(f"prepare_{chosen}", code))
        transformers.append(call("", write_value(name), f"prepare_{chosen}", columns))
    options = [keyword("sparse_threshold", "0")] if plan.texts else []
    lines.append(assign("preparation", call("ColumnTransformer", Group("[", tuple(transformers), "]"), *options)))
    prepare = "\n".join(lines)
    fit = "X_train = preparation.fit_transform(X_train)"
    if silenced := find_silenced(data.preparation.preprocessor):
        fit = f"{SILENCE_CONSTANTS.format(steps=write_value(silenced))}\nX_train = preparation.transform(X_train)"
    apply = f'{fit}.astype(np.float32, order="C")\nX_test = preparation.transform(X_test).astype(np.float32, order="C")'
    scale = ""
    if plan.problem_type is ProblemType.REGRESSION:
        scale = "mean, scale = y_train.mean(), y_train.std()\ny_train = ((y_train - mean) / scale).astype(np.float32)"
    about = f"{plan.about_split} The preparation is fitted on the training rows alone: the test rows stay unseen."
    return Section("Split and prepare", about, tuple(imports), join_blocks([split, f"{prepare}\n{apply}", scale]))


def _write_vocabulary(steps: Any, name: str, column: str, data: PreparedData) -> tuple[Code, str]:
    """Write a vectorizer pipeline whose vocabulary was chosen from certain rows, and the lines that choose it."""
    sample = take_sample(read_texts(data.plan.frame[column].iloc[data.plan.train]))
    vectorizer, _ = write_object(clone(get_vectorizer(steps)).set_params(vocabulary=None))
    assert isinstance(vectorizer, Group)
    chosen_by = f'X_train[{write_value(column)}].head({len(sample)}).fillna("")'
    lines = f"{assign(f'choose_{name}', vectorizer)}\n{name} = choose_{name}.fit({chosen_by}).vocabulary_"
    imputer, _ = write_object(steps[0])
    with_terms = Group(vectorizer.opening, (*vectorizer.items, f"vocabulary={name}"), vectorizer.closing)
    terms = Group("[", (call("", write_value("terms"), with_terms, "0"),), "]")
    columns = call("ColumnTransformer", terms, keyword("sparse_threshold", "1.0"))
    return call("make_pipeline", imputer, columns), lines


def _write_column(name: str, spec: TrainingSpec, plan: Plan, table: Table) -> list[str]:
    """Write the lines that convert a column from its loaded type to the type that the run used."""
    column = f"table[{write_value(name)}]"
    if table.cells is not None:
        return write_reading(column, plan.formats[name], Text(table.cells.frame[name]))
    if get_type(spec.column_types.get(name)) is None:
        return _write_category(column, name, table) if name in plan.categories or name in plan.texts else []
    if not isinstance(plan.formats[name], LabelFormat):
        return [f"{column} = {column}.astype(np.float64)"]
    lines = _write_category(column, name, table)
    text = table.frame[name].map(write_label, na_action="ignore").astype("str")
    return [*lines, *write_reading(column, plan.formats[name], Text(text.fillna("")))]


def _write_category(column: str, name: str, table: Table) -> list[str]:
    series = table.frame[name]
    if types.is_float_dtype(series):
        return [f'{column} = {column}.map(as_text, na_action="ignore").astype("str")']
    if types.is_numeric_dtype(series) or types.is_bool_dtype(series):
        return [f'{column} = {column}.astype("str")']
    return []


def _write_features(plan: Plan, table: Table) -> list[str]:
    lines, groups = [], []
    numbers = [*plan.numbers, *plan.dates]
    if numbers:
        lines.append(assign("numbers", write_list(numbers)))
        groups.append("numbers")
    for name in plan.dates:
        lines += _write_days(f"table[{write_value(name)}]")
    if any(plan.frame[name].dtype != "float64" for name in plan.numbers):
        lines.append('table[numbers] = table[numbers].astype("float64")')
    if plan.categories:
        lines.append(assign("categories", write_list(plan.categories)))
        lines.append("table[categories] = table[categories].astype(object)")
        groups.append("categories")
    if plan.texts:
        lines.append(assign("texts", write_list(plan.texts)))
        lines.append("table[texts] = table[texts].astype(object)")
        groups.append("texts")
    return [*lines, f"X = table[{' + '.join(groups)}]"]


def _write_days(column: str) -> list[str]:
    return [
        f'since = {column}.dt.as_unit("us") - pd.Timestamp("1970-01-01", tz="UTC")',
        f"{column} = since / pd.Timedelta(days=1)",
    ]


def _write_labels(target: str, plan: Plan) -> list[str]:
    """Write the label encoding. The order of the classes is listed, since sorting as text could give another order."""
    values = plan.frame[plan.target]
    if types.is_float_dtype(values):
        target += ".map(as_text)"
    elif types.is_numeric_dtype(values) or types.is_bool_dtype(values):
        target += ".astype(str)"
    elif types.is_datetime64_any_dtype(values):
        target += ".map(str)"
    return [
        assign("names", write_list(plan.classes or ())),
        f"y = {target}.map({{name: index for index, name in enumerate(names)}}).to_numpy()",
    ]


def _write_weights(name: str, plan: Plan) -> str:
    column = f"table[{write_value(name)}]"
    if not types.is_numeric_dtype(plan.frame[name]):
        text = Text(plan.frame[name].astype("str"))
        found = find_number_format(text)
        assert found is not None, "the plan has found it"
        return "\n".join([*write_reading(column, found, text), f"weights = {column}.to_numpy(np.float64)"])
    return f"weights = {column}.to_numpy(np.float64)"


def _describe(plan: Plan) -> str:
    parts = []
    if plan.dates:
        parts.append("Dates count as days since 1970.")
    if plan.categories:
        parts.append("Categories become one column of zeros and ones each.")
    if plan.texts:
        parts.append("Texts become the weights of their words and word pairs (TF-IDF), and their number of words.")
    return " ".join(parts)
