"""The built-in tables. They are described as plain data, so that the web process does not load scikit-learn."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from training.datasets.table import Table
from training.exceptions import SpecRefused
from training.name_lookup import find_nearest
from training.spec import ProblemType

if TYPE_CHECKING:
    import numpy as np

SHAPE_ROWS = 400  # per 2-D shape


@dataclass(frozen=True)
class BuiltinTable:
    """Describe a built-in table. `columns` includes the target."""

    name: str
    rows: int
    columns: int
    target: str
    problem_type: ProblemType
    about: str


CLASSIFY, REGRESS = ProblemType.CLASSIFICATION, ProblemType.REGRESSION

BUILTINS: dict[str, BuiltinTable] = {
    table.name: table
    for table in (
        BuiltinTable("IRIS", 150, 5, "species", CLASSIFY, "Tell three kinds of iris flowers apart by their leaves."),
        BuiltinTable("WINE", 178, 14, "cultivar", CLASSIFY, "Tell three cultivars of wine apart by their chemistry."),
        BuiltinTable(
            "BREAST CANCER",
            569,
            31,
            "diagnosis",
            CLASSIFY,
            "Tell malignant from benign tumours by their cells' shapes.",
        ),
        BuiltinTable("DIGITS", 1797, 65, "digit", CLASSIFY, "Read handwritten digits from images of 8 by 8 pixels."),
        BuiltinTable("DIABETES", 442, 11, "progression", REGRESS, "Predict how diabetes progresses within a year."),
        BuiltinTable(
            "CALIFORNIAHOUSING",
            20_640,
            9,
            "MedHouseVal",
            REGRESS,
            "Predict what houses cost in Californian districts. Downloaded when first used.",
        ),
        BuiltinTable("CIRCLES", SHAPE_ROWS, 3, "label", CLASSIFY, "One ring of points inside another."),
        BuiltinTable("MOONS", SHAPE_ROWS, 3, "label", CLASSIFY, "Two half moons that reach into each other."),
        BuiltinTable("XOR", SHAPE_ROWS, 3, "label", CLASSIFY, "Four squares, those across from each other alike."),
        BuiltinTable("SPIRAL", SHAPE_ROWS, 3, "label", CLASSIFY, "Two spirals around each other: hard without depth."),
    )
}


def find_builtin(name: str) -> BuiltinTable:
    """Return a built-in table by name. Case, spaces, underscores and hyphens are ignored.

    Raises SpecRefused (`unknown_dataset`).
    """
    wanted = _simplify(name)
    for table in BUILTINS.values():
        if _simplify(table.name) == wanted:
            return table
    near = find_nearest(name, BUILTINS)
    hint = f"Did you mean {near}? " if near else ""
    raise SpecRefused(
        f"There is no built-in table {name[:50]!r}.",
        code="unknown_dataset",
        where="default",
        hint=f"{hint}The built-in tables are {', '.join(BUILTINS)}.",
    )


def load_builtin(name: str) -> Table:
    """Load a built-in table. Raises SpecRefused (`unknown_dataset`)."""
    table = find_builtin(name)
    frame = _LOADERS[table.name]()
    return Table(table.name, frame, table.target, table.problem_type)


def _simplify(name: str) -> str:
    return "".join(character for character in name.casefold() if character.isalnum())


def _load_bundled(loader_name: str, target: str) -> Any:
    from sklearn import datasets

    loaders = {
        "iris": datasets.load_iris,
        "wine": datasets.load_wine,
        "breast_cancer": datasets.load_breast_cancer,
        "digits": datasets.load_digits,
        "diabetes": datasets.load_diabetes,
    }
    bunch = loaders[loader_name](as_frame=True)
    frame = bunch.data.copy()
    classes = getattr(bunch, "target_names", None)
    frame[target] = bunch.target if classes is None else [str(classes[index]) for index in bunch.target]
    return frame


def _load_california() -> Any:
    from sklearn.datasets import fetch_california_housing

    try:
        return fetch_california_housing(as_frame=True, n_retries=1, delay=0.1).frame
    except (OSError, ValueError) as error:  # URLError is an OSError; a broken download has a wrong checksum
        raise SpecRefused(
            "CALIFORNIAHOUSING is downloaded when it is first used, and the download failed.",
            code="download_failed",
            where="default",
            hint="Check whether the server reaches the internet, or use another table.",
        ) from error


def _build_shape(kind: str) -> Any:
    """Return 400 points in the plane. They are the same in every call."""
    import numpy as np
    import pandas as pd
    from sklearn import datasets

    random = np.random.default_rng(0)
    if kind == "circles":
        X, y = datasets.make_circles(SHAPE_ROWS, noise=0.08, factor=0.5, random_state=0)
    elif kind == "moons":
        X, y = datasets.make_moons(SHAPE_ROWS, noise=0.15, random_state=0)
    elif kind == "xor":
        X = random.uniform(-1, 1, (SHAPE_ROWS, 2))
        y = (X[:, 0] * X[:, 1] > 0).astype(int)
    else:
        X, y = _build_spiral(random)
    return pd.DataFrame({"x1": X[:, 0], "x2": X[:, 1], "label": np.where(y == 1, "blue", "orange")})


def _build_spiral(random: np.random.Generator) -> tuple[Any, Any]:
    import numpy as np

    half = SHAPE_ROWS // 2
    radius = np.linspace(0.05, 1, half)
    angle = 1.75 * 2 * np.pi * radius
    arm = np.column_stack([radius * np.sin(angle), radius * np.cos(angle)])
    X = np.vstack([arm, -arm]) + random.normal(0, 0.02, (SHAPE_ROWS, 2))
    return X, np.repeat([0, 1], half)


_LOADERS: dict[str, Callable[[], Any]] = {
    "IRIS": partial(_load_bundled, "iris", "species"),
    "WINE": partial(_load_bundled, "wine", "cultivar"),
    "BREAST CANCER": partial(_load_bundled, "breast_cancer", "diagnosis"),
    "DIGITS": partial(_load_bundled, "digits", "digit"),
    "DIABETES": partial(_load_bundled, "diabetes", "progression"),
    "CALIFORNIAHOUSING": _load_california,
    "CIRCLES": partial(_build_shape, "circles"),
    "MOONS": partial(_build_shape, "moons"),
    "XOR": partial(_build_shape, "xor"),
    "SPIRAL": partial(_build_shape, "spiral"),
}
