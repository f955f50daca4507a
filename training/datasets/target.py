"""Choose the target, and encode its values as class indices or numbers. Called by `plan`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from training.datasets.columns import guess_target, infer_problem_type, list_candidates
from training.datasets.formats.labels import LabelFormat, write_label
from training.datasets.formats.levels import order_levels
from training.datasets.formats.numeric import looks_like_number
from training.datasets.formats.remedies import choose, complete
from training.datasets.kinds import TypedTable, retype_as_category
from training.datasets.table import Table
from training.exceptions import SpecRefused
from training.messages.problems import Choice, Level, PatchOperation, Problem
from training.name_lookup import find_nearest
from training.problems import build_problem, build_refusal
from training.spec import ColumnType, ProblemType, TrainingSpec
from training.spec.columns import get_type

MAX_CLASSES = 1_000
MIN_ROWS = 4
OFFERED = 10  # columns that are offered as targets
NO_NUMBERS = ("mixed_units", "mostly_numbers", "other_marks")  # notes on numbers that are read as text


def choose_target(table: Table, kinds: dict[str, ColumnType], spec: TrainingSpec, notes: list[Problem]) -> str:
    """Return the target: the spec's, a built-in table's own, or a column with the name of a target.

    Raises SpecRefused: `unknown_target`, `no_target`.
    """
    target = spec.target or table.target
    if target is None:
        target = guess_target(kinds)
        if target is None:
            raise _refuse_no_target(kinds)
        notes.append(
            build_problem(
                "guessed_target",
                "target",
                f"No target was chosen: {target!r} is predicted, because of its name.",
                "Choose the column that is to be predicted.",
                [PatchOperation(op="add", path="/target", value=target)],
            )
        )
    if target not in kinds:
        near = find_nearest(target, kinds)
        names = ", ".join(list(kinds)[:OFFERED])
        fix = [PatchOperation(op="replace", path="/target", value=near)] if near else []
        raise build_refusal(
            "unknown_target", "target", f"There is no column {target!r}.", f"The columns are {names}.", fix
        )
    return target


def _refuse_no_target(kinds: dict[str, ColumnType]) -> SpecRefused:
    candidates = list_candidates(kinds)
    if not candidates:
        return build_refusal(
            "unknown_target", "target", "No column of this table could be the target.", "Choose a target column."
        )
    return build_refusal(
        "no_target",
        "target",
        "No target is chosen, and no column is called like one.",
        f"Choose the column that is to be predicted: {', '.join(candidates[:OFFERED])}.",
        choices=offer_targets(candidates),
    )


def offer_targets(candidates: Sequence[str]) -> list[Choice]:
    """Return columns to offer as targets. The last ones come first, since most tables have the target there."""
    return [
        Choice(label=f"Predict {name!r}", fix=[PatchOperation(op="add", path="/target", value=name)])
        for name in reversed(candidates[-OFFERED:])
    ]


def type_target(table: Table, typed: TypedTable, target: str, spec: TrainingSpec) -> tuple[TypedTable, ProblemType]:
    """Return the table with the target typed for the problem type, and the problem type.

    Raises SpecRefused (`censored_target`).
    """
    problem_type = spec.problem_type or (table.problem_type if target == table.target else None)
    problem_type = problem_type or infer_problem_type(typed.frame[target])
    notes = typed.notes[target]
    if problem_type is ProblemType.REGRESSION:
        if get_type(spec.column_types.get(target)) is None:
            _check_censored(notes, target, spec)
        return typed, problem_type
    if typed.types[target] is not ColumnType.DATE:
        return typed, problem_type
    column = retype_as_category(table, target)
    typed = replace(
        typed,
        frame=typed.frame.assign(**{target: column.values.reset_index(drop=True)}),
        types={**typed.types, target: column.type},
        formats={**typed.formats, target: column.format},
        notes={**typed.notes, target: column.notes},
    )
    return typed, problem_type


def _check_censored(notes: Sequence[Problem], target: str, spec: TrainingSpec) -> None:
    note = next((note for note in notes if note.code == "censored_values"), None)
    if note is None:
        return
    leave_out = Choice(label="Leave those rows out", fix=choose(target, type=ColumnType.NUMBER.value))
    problem = complete(build_problem("censored_target", "target", choices=[leave_out]), spec)
    raise build_refusal(
        "censored_target",
        "target",
        f"{note.message} A row without a value in the target cannot be used for training.",
        "Write the limit instead, or leave the cells empty; or set the column's type to number, and those rows are "
        "left out.",
        choices=problem.choices,
    )


def check_notes(notes: Sequence[Problem]) -> None:
    """Refuse a table with a problem that only the user can decide. Raises SpecRefused with the first error."""
    for note in notes:
        if note.level is Level.ERROR:
            raise build_refusal(note.code, note.where, note.message, note.hint, note.fix, note.choices)


def drop_rows_without_target(frame: pd.DataFrame, target: str, notes: list[Problem]) -> pd.DataFrame:
    missing = int(frame[target].isna().sum())
    if missing:
        rows = "1 row without a value in {} is" if missing == 1 else f"{missing:,} rows without a value in {{}} are"
        notes.append(build_problem("missing_target", "target", f"{rows.format(repr(target))} left out."))
        frame = frame[frame[target].notna()]
    if len(frame) < MIN_ROWS:
        raise build_refusal(
            "too_few_rows",
            "target",
            f"{len(frame)} of {len(frame) + missing:,} rows have a value in {target!r} that can be learned from; at "
            f"least {MIN_ROWS} are needed.",
            "Add rows, or choose another target.",
        )
    return frame


def encode_target(
    values: pd.Series, problem_type: ProblemType, typed: TypedTable, target: str
) -> tuple[np.ndarray, tuple[str, ...] | None]:
    """Return y, and the classes in the order of their indices (None for regression).

    Raises SpecRefused: `target_not_numeric`, `one_value`, `one_class`, `too_many_classes`.
    """
    if problem_type is ProblemType.REGRESSION:
        if not pd.api.types.is_numeric_dtype(values) or pd.api.types.is_bool_dtype(values):
            raise _refuse_no_numbers(values, typed, target)
        y = values.to_numpy(np.float64)
        if (y == y[0]).all():
            raise build_refusal(
                "one_value",
                "target",
                f"Every row has the same value in {target!r}: there is nothing to predict.",
                "Choose another target.",
                choices=offer_targets(_list_others(typed, target)),
            )
        return y, None
    codes, uniques = pd.factorize(values)
    if len(uniques) < 2:
        raise build_refusal(
            "one_class",
            "target",
            f"Every row has the same value in {target!r}: there is nothing to tell apart.",
            "Choose another target, or add rows of another class.",
            choices=offer_targets(_list_others(typed, target)),
        )
    if len(uniques) > MAX_CLASSES or (len(uniques) > len(codes) / 2 and len(uniques) > 20):
        raise _refuse_many_classes(values, len(uniques), typed, target)
    labels = [write_label(value) for value in uniques]
    form = typed.formats[target]
    classes = order_levels(labels, form.order if isinstance(form, LabelFormat) else None)
    place = {label: index for index, label in enumerate(classes)}
    return np.array([place[label] for label in labels], np.int64)[codes], classes


def _refuse_no_numbers(values: pd.Series, typed: TypedTable, target: str) -> SpecRefused:
    """Refuse a regression of text. The remedy that is offered does not lead to another refusal."""
    note = next((note for note in typed.notes[target] if note.code in NO_NUMBERS), None)
    if note is not None:
        return build_refusal("target_not_numeric", "target", note.message, note.hint, note.fix, note.choices[:1])
    cells = values.dropna().astype(str)
    example = next((cell for cell in cells.head(100) if not looks_like_number(cell)), str(cells.iloc[0]))
    unique = cells.nunique()
    fix = []
    hint = "Choose a numeric target"
    if 2 <= unique <= MAX_CLASSES and not (unique > len(values) / 2 and unique > 20):
        fix = [PatchOperation(op="add", path="/problem_type", value=ProblemType.CLASSIFICATION.value)]
        hint += ", or problem_type classification"
    return build_refusal(
        "target_not_numeric",
        "target",
        f"The column {target!r} holds no numbers, and regression predicts numbers: {example[:40]!r}, for example.",
        f"{hint}. If the cells are numbers, write them without other text.",
        fix,
        offer_targets(_list_others(typed, target)),
    )


def _refuse_many_classes(values: pd.Series, count: int, typed: TypedTable, target: str) -> SpecRefused:
    message = f"The column {target!r} has {count:,} different values, too many to be classes."
    note = next((note for note in typed.notes[target] if note.code in NO_NUMBERS), None)
    if note is not None:
        return build_refusal("too_many_classes", "target", f"{message} {note.message}", note.hint, (), note.choices[:1])
    if pd.api.types.is_numeric_dtype(values):
        fix = [PatchOperation(op="add", path="/problem_type", value=ProblemType.REGRESSION.value)]
        hint = "Choose problem_type regression if they are amounts, or another target."
        return build_refusal("too_many_classes", "target", message, hint, fix)
    others = offer_targets(_list_others(typed, target))
    return build_refusal("too_many_classes", "target", message, "Choose another target.", (), others)


def _list_others(typed: TypedTable, target: str) -> list[str]:
    return [name for name in list_candidates(typed.types) if name != target]
