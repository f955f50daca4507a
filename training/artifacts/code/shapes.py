"""Write the built-in 2-D shapes as code that draws the same points as `training/datasets/builtin`."""

from __future__ import annotations

from training.datasets.builtin import SHAPE_ROWS

_TABLE = 'table = pd.DataFrame({"x1": X[:, 0], "x2": X[:, 1], "label": np.where(y == 1, "blue", "orange")})'
_IMPORTS = ("import numpy as np", "import pandas as pd")

SHAPES: dict[str, tuple[tuple[str, ...], str]] = {
    "CIRCLES": (
        (*_IMPORTS, "from sklearn.datasets import make_circles"),
        f"X, y = make_circles({SHAPE_ROWS}, noise=0.08, factor=0.5, random_state=0)\n{_TABLE}",
    ),
    "MOONS": (
        (*_IMPORTS, "from sklearn.datasets import make_moons"),
        f"X, y = make_moons({SHAPE_ROWS}, noise=0.15, random_state=0)\n{_TABLE}",
    ),
    "XOR": (
        _IMPORTS,
        f"X = np.random.default_rng(0).uniform(-1, 1, ({SHAPE_ROWS}, 2))\n"
        f"y = (X[:, 0] * X[:, 1] > 0).astype(int)\n{_TABLE}",
    ),
    "SPIRAL": (
        _IMPORTS,
        f"radius = np.linspace(0.05, 1, {SHAPE_ROWS // 2})\n"
        "angle = 1.75 * 2 * np.pi * radius\n"
        "arm = np.column_stack([radius * np.sin(angle), radius * np.cos(angle)])\n"
        f"noise = np.random.default_rng(0).normal(0, 0.02, ({SHAPE_ROWS}, 2))\n"
        "X = np.vstack([arm, -arm]) + noise\n"
        f"y = np.repeat([0, 1], {SHAPE_ROWS // 2})\n{_TABLE}",
    ),
}
"""Name -> imports and code."""
