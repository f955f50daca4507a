"""scikit-learn's objects as bytes and back, in skops' format: loading runs no code and builds only types named here.

Used for checkpoints, and by `training/artifacts/weights.py` for models.
"""

from __future__ import annotations

from typing import Any

# What the registry's estimators hold besides the types that skops trusts by itself. Their files are this server's own.
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
    """An estimator, a random state, arrays and numbers, or a dictionary of them."""
    from skops import io as skops_io  # only estimators need it

    data: bytes = skops_io.dumps(value)
    return data


def find_untrusted(data: bytes) -> list[str]:
    """The types in what `dump_object` wrote that skops does not load unasked, by name."""
    from skops import io as skops_io

    names: list[str] = skops_io.get_untrusted_types(data=data)
    return names


def load_object(data: bytes) -> Any:
    """What `dump_object` was given, or an equal of it."""
    from skops import io as skops_io

    return skops_io.loads(data, trusted=list(TRUSTED))
