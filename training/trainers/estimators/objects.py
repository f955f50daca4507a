"""Serialise objects of scikit-learn in skops' format. Loading runs no code and builds only the types named here.

Used for checkpoints, and for models by `training/artifacts/weights.py`.
"""

from __future__ import annotations

from typing import Any

# Types of the registry's estimators that skops does not trust by default. This server wrote the files itself.
TRUSTED = (
    "numpy.dtype",
    "sklearn.ensemble._hist_gradient_boosting.predictor.TreePredictor",
    "sklearn.metrics._dist_metrics.EuclideanDistance64",
    "sklearn.metrics._dist_metrics.ManhattanDistance64",
    "sklearn.metrics._dist_metrics.MinkowskiDistance64",
    "sklearn.neighbors._kd_tree.KDTree",
    "sklearn.neural_network._stochastic_optimizers.AdamOptimizer",
    "sklearn.neural_network._stochastic_optimizers.SGDOptimizer",
    "sklearn.tree._tree.Tree",
)


def dump_object(value: Any) -> bytes:
    """Serialise an estimator, a random state, arrays and numbers, or a dictionary of them."""
    from skops import io as skops_io  # only estimators need it

    data: bytes = skops_io.dumps(value)
    return data


def find_untrusted(data: bytes) -> list[str]:
    """Return the names of the types in `data` that skops does not load without permission."""
    from skops import io as skops_io

    names: list[str] = skops_io.get_untrusted_types(data=data)
    return names


def load_object(data: bytes) -> Any:
    """Load what `dump_object` wrote."""
    from skops import io as skops_io

    return skops_io.loads(data, trusted=list(TRUSTED))
