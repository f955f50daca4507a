"""Write the lines that split rows as the run did, into training, test and validation rows."""

from __future__ import annotations

from typing import Any

from pandas.api import types

from training.artifacts.code.layout import Code, assign, call, keyword, write_list, write_value
from training.datasets.divisions import Division
from training.datasets.plan import Plan
from training.spec import TrainingSpec
from training.spec.enums import SplitKind

TRAIN_TEST_SPLIT = "from sklearn.model_selection import train_test_split"


def write_arrangement(plan: Plan) -> list[str]:
    """Write the lines that read `order`, `groups` or `is_test` from the table. Empty for a random split."""
    split, column = plan.split, f"table[{write_value(plan.split.column)}]"
    if split.kind is SplitKind.TIME:
        return ["# From the earliest row to the latest.", f'order = {column}.argsort(kind="stable").to_numpy()']
    if split.kind is SplitKind.GROUP and split.column is None:
        alike = assign("alike", write_list(plan.arranged.alike))
        return [alike, "groups = table.groupby(alike, sort=False, dropna=False).ngroup().to_numpy()"]
    if split.kind is SplitKind.GROUP:
        return [f"groups = pd.factorize({column}, use_na_sentinel=False)[0]"]
    if split.kind is SplitKind.GIVEN and split.column is None:
        first = int(plan.frame.index[plan.test].min())
        return [f"is_test = np.asarray(table.index >= {first})"]
    if split.kind is SplitKind.GIVEN:
        assert split.column
        values = plan.frame[split.column]
        is_text = not (types.is_numeric_dtype(values) or types.is_datetime64_any_dtype(values))
        written = column if is_text else f'{column}.map(as_text, na_action="ignore")'
        return [f"is_test = ({written} == {write_value(plan.arranged.marked)}).to_numpy(bool)"]
    return []


def write_row_split(spec: TrainingSpec, plan: Plan) -> tuple[str, set[str]]:
    """Write the lines that split `X`, `y` and the optional `weights`. Return their imports, too."""
    kind, division = plan.split.kind, plan.arranged.division
    weighs = plan.weights is not None
    names = "X_train, X_test, y_train, y_test" + (", w_train, _" if weighs else "")
    if kind is SplitKind.TIME:
        arguments: list[Code] = [
            *("X.iloc[order]", "y[order]", *(["weights[order]"] if weighs else [])),
            keyword("test_size", str(len(plan.test))),
        ]
        return assign(names, call("train_test_split", *arguments, keyword("shuffle", "False"))), {TRAIN_TEST_SPLIT}
    if kind is SplitKind.RANDOM:
        arguments = ["X", "y", *(["weights"] if weighs else []), keyword("test_size", str(len(plan.test)))]
        arguments += _write_drawing(spec, "y", stratified=plan.arranged.stratified)
        return assign(names, call("train_test_split", *arguments)), {TRAIN_TEST_SPLIT}
    lines, imports = ["train, test = np.flatnonzero(~is_test), np.flatnonzero(is_test)"], {"import numpy as np"}
    if kind is SplitKind.GROUP:
        assert division is not None
        lines = [f"splitter = {division.splitter!r}", "train, test = next(splitter.split(X, y, groups))"]
        imports = {_import_splitter(division.splitter)}
    lines += ["X_train, X_test = X.iloc[train], X.iloc[test]", "y_train, y_test = y[train], y[test]"]
    if weighs:
        lines.append("w_train = weights[train]")
    return "\n".join(lines), imports


def write_holdout(spec: TrainingSpec, plan: Plan, holdout: Division) -> tuple[str, set[str]]:
    """Write the lines that hold back validation rows. A time split has already sorted the training rows."""
    weighs = plan.weights is not None
    if plan.split.kind is SplitKind.GROUP:
        lines = [
            f"splitter = {holdout.splitter!r}",
            "fit, held = next(splitter.split(X_train, y_train, groups[train]))",
            "X_train, X_val = X_train[fit], X_train[held]",
            "y_train, y_val = y_train[fit], y_train[held]",
            *(["w_train, w_val = w_train[fit], w_train[held]"] if weighs else []),
        ]
        return "\n".join(lines), {_import_splitter(holdout.splitter)}
    arrays = ["X_train", "y_train", *(["w_train"] if weighs else [])]
    arguments: list[Code] = [*arrays, keyword("test_size", str(len(holdout.judge)))]
    if plan.split.kind is SplitKind.TIME:
        arguments.append(keyword("shuffle", "False"))
    else:
        arguments += _write_drawing(spec, "y_train", stratified=holdout.stratified)
    names = "X_train, X_val, y_train, y_val" + (", w_train, w_val" if weighs else "")
    return assign(names, call("train_test_split", *arguments)), {TRAIN_TEST_SPLIT}


def _write_drawing(spec: TrainingSpec, labels: str, *, stratified: bool) -> list[Code]:
    if not spec.shuffle:
        return [keyword("shuffle", "False")]
    return [keyword("random_state", str(spec.seed)), *([keyword("stratify", labels)] if stratified else [])]


def _import_splitter(splitter: Any) -> str:
    return f"from sklearn.model_selection import {type(splitter).__name__}"
