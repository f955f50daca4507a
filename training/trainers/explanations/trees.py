"""Exact contributions in trees, forests and boosting by TreeSHAP.

Lundberg et al., "From local explanations to global understanding with explainable AI for trees", 2020. The variant is
path-dependent: features that are left out are averaged by the training rows in each leaf.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np

from training.trainers.explanations.explanation import Parts, Units

SINGLE = frozenset({"DecisionTreeClassifier", "DecisionTreeRegressor"})
FORESTS = frozenset({"RandomForestClassifier", "RandomForestRegressor", "ExtraTreesClassifier", "ExtraTreesRegressor"})
BOOSTED = frozenset({"GradientBoostingClassifier", "GradientBoostingRegressor"})
HISTOGRAM = frozenset({"HistGradientBoostingClassifier", "HistGradientBoostingRegressor"})
VOTING = frozenset({"AdaBoostClassifier"})
TREES = SINGLE | FORESTS | BOOSTED | HISTOGRAM | VOTING

MAX_NODES = 2_000_000  # of all trees together: more need too much memory


def explain_trees(estimator: Any, X: np.ndarray, said: np.ndarray | None) -> Parts | None:
    """Return the contributions as `explain_linear` does; None if the trees are too large."""
    if said is None:
        return _explain(estimator, X, 0, Units.TARGET, estimator.predict(X).astype(np.float64))
    columns = np.searchsorted(estimator.classes_, said)
    if type(estimator).__name__ in SINGLE | FORESTS:
        output = estimator.predict_proba(X)[np.arange(len(X)), columns]
        return _merge(
            [_explain(estimator, X, column, Units.PROBABILITY, output) for column in np.unique(columns)],
            np.unique(columns),
            columns,
        )
    scores = estimator.decision_function(X).astype(np.float64)
    if scores.ndim == 1:
        parts = _explain(estimator, X, 0, Units.LOG_ODDS, scores)
        if parts is None:
            return None
        signs = np.where(columns == 1, 1.0, -1.0)
        contributions = parts.contributions * signs[:, None]
        return Parts(parts.base * signs, contributions, parts.output * signs, parts.units)
    if type(estimator).__name__ in VOTING:
        scores = scores / (len(estimator.classes_) - 1)
    found = np.unique(columns)
    output = scores[np.arange(len(X)), columns]
    return _merge([_explain(estimator, X, column, Units.SCORE, output) for column in found], found, columns)


def _merge(parts: list[Parts | None], found: np.ndarray, columns: np.ndarray) -> Parts | None:
    """Combine the explanations of several classes: for each row, the explanation of its class."""
    whole = [part for part in parts if part is not None]
    if len(whole) < len(parts):
        return None
    chosen, rows = np.searchsorted(found, columns), np.arange(len(columns))
    base = np.stack([part.base for part in whole])[chosen, rows]
    contributions = np.stack([part.contributions for part in whole])[chosen, rows]
    return Parts(base, contributions, whole[0].output, whole[0].units)


def _explain(estimator: Any, X: np.ndarray, column: int, units: Units, output: np.ndarray) -> Parts | None:
    found = _find_explainer(_Key(estimator), int(column))
    if found is None:
        return None
    explainer, start = found
    contributions = np.asarray(explainer.shap_values(X, check_additivity=False), np.float64).reshape(X.shape)
    base = float(np.ravel(explainer.expected_value)[0]) + start
    return Parts(np.full(len(X), base), contributions, output, units)


class _Key:
    """An estimator as a cache key, compared by identity."""

    def __init__(self, estimator: Any) -> None:
        self.estimator = estimator

    def __hash__(self) -> int:
        return id(self.estimator)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Key) and other.estimator is self.estimator


@lru_cache(maxsize=16)
def _find_explainer(key: _Key, column: int) -> tuple[Any, float] | None:
    """Return an explainer of one output of the ensemble, and the constant that is added to the trees."""
    from shap import TreeExplainer  # takes seconds to import

    trees, start = _read_trees(key.estimator, column)
    if sum(len(tree["features"]) for tree in trees) > MAX_NODES:
        return None
    return TreeExplainer({"trees": trees, "input_dtype": np.float32, "internal_dtype": np.float64}), start


def _read_trees(estimator: Any, column: int) -> tuple[list[dict[str, np.ndarray]], float]:
    name = type(estimator).__name__
    if name in SINGLE:
        return [_read_tree(estimator, estimator.tree_.value[:, 0, column])], 0.0
    if name in FORESTS:
        share = 1 / len(estimator.estimators_)
        return [_read_tree(tree, tree.tree_.value[:, 0, column] * share) for tree in estimator.estimators_], 0.0
    if name in BOOSTED:
        stages = estimator.estimators_[:, column]
        start = estimator._raw_predict_init(np.zeros((1, estimator.n_features_in_), np.float32))
        rate = estimator.learning_rate
        return [_read_tree(tree, tree.tree_.value[:, 0, 0] * rate) for tree in stages], float(start[0, column])
    if name in HISTOGRAM:
        start = np.ravel(estimator._baseline_prediction)
        return [_read_histogram(stage[column].nodes) for stage in estimator._predictors], float(start[column])
    return _read_votes(estimator, column), 0.0


def _read_votes(estimator: Any, column: int) -> list[dict[str, np.ndarray]]:
    """Return AdaBoost's trees with their votes: 1 for the class, -1 / (n_classes - 1) for others, times the weight."""
    n_classes = len(estimator.classes_)
    weights = estimator.estimator_weights_[: len(estimator.estimators_)] / estimator.estimator_weights_.sum()
    trees = []
    for tree, weight in zip(estimator.estimators_, weights, strict=True):
        voted = np.searchsorted(estimator.classes_, tree.classes_)[tree.tree_.value[:, 0, :].argmax(1)]
        if n_classes == 2:
            values = np.where(voted == 1, 2.0, -2.0)
        else:
            values = np.where(voted == column, 1.0, -1 / (n_classes - 1)) / (n_classes - 1)
        trees.append(_read_tree(tree, values * weight))
    return trees


def _read_tree(tree: Any, values: np.ndarray) -> dict[str, np.ndarray]:
    nodes = tree.tree_
    return {
        "children_left": nodes.children_left,
        "children_right": nodes.children_right,
        "children_default": nodes.children_right,
        "features": nodes.feature,
        "thresholds": nodes.threshold,
        "values": np.asarray(values, np.float64).reshape(-1, 1),
        "node_sample_weight": nodes.weighted_n_node_samples,
    }


def _read_histogram(nodes: np.ndarray) -> dict[str, np.ndarray]:
    is_leaf = nodes["is_leaf"].astype(bool)
    left, right = (np.where(is_leaf, -1, nodes[side].astype(np.int64)) for side in ("left", "right"))
    return {
        "children_left": left,
        "children_right": right,
        "children_default": right,
        "features": np.where(is_leaf, -2, nodes["feature_idx"]),
        "thresholds": np.where(is_leaf, -2.0, nodes["num_threshold"]),
        "values": nodes["value"].astype(np.float64).reshape(-1, 1),
        "node_sample_weight": nodes["count"].astype(np.float64),
    }
