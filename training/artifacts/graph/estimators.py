"""The table of converters: from a fitted estimator to nodes of the graph."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from training.artifacts.graph.answers import Answer, add_best, add_shares
from training.artifacts.graph.committee import convert_committee, convert_median
from training.artifacts.graph.kernels import convert_support_classifier, convert_support_regressor
from training.artifacts.graph.linear import convert_linear, convert_naive_bayes, convert_perceptron
from training.artifacts.graph.neighbours import convert_neighbours
from training.artifacts.graph.nodes import Nodes
from training.artifacts.graph.trees import (
    convert_forest,
    convert_gradient_boosting,
    convert_histogram_boosting,
    convert_tree,
)
from training.exceptions import ExportUnsupported

CONVERTERS: dict[str, Callable[[Nodes, str, Any], Answer]] = {
    "AdaBoostClassifier": convert_committee,
    "AdaBoostRegressor": convert_median,
    "DecisionTreeClassifier": convert_tree,
    "DecisionTreeRegressor": convert_tree,
    "ElasticNet": convert_linear,
    "ExtraTreesClassifier": convert_forest,
    "ExtraTreesRegressor": convert_forest,
    "GaussianNB": convert_naive_bayes,
    "GradientBoostingClassifier": convert_gradient_boosting,
    "GradientBoostingRegressor": convert_gradient_boosting,
    "HistGradientBoostingClassifier": convert_histogram_boosting,
    "HistGradientBoostingRegressor": convert_histogram_boosting,
    "KNeighborsClassifier": convert_neighbours,
    "KNeighborsRegressor": convert_neighbours,
    "Lasso": convert_linear,
    "LinearRegression": convert_linear,
    "LinearSVC": convert_linear,
    "LinearSVR": convert_linear,
    "LogisticRegression": convert_linear,
    "MLPClassifier": convert_perceptron,
    "MLPRegressor": convert_perceptron,
    "RandomForestClassifier": convert_forest,
    "RandomForestRegressor": convert_forest,
    "Ridge": convert_linear,
    "RidgeClassifier": convert_linear,
    "SVC": convert_support_classifier,
    "SVR": convert_support_regressor,
}


def add_estimator(nodes: Nodes, X: str, estimator: Any, classes: tuple[str, ...] | None) -> Answer:
    """X: float32 (n, n_features). The columns of the answer are those of `classes`. Raises ExportUnsupported."""
    name = type(estimator).__name__
    if name not in CONVERTERS:
        raise ExportUnsupported(f"{name} has no form in ONNX here.")
    answer = CONVERTERS[name](nodes, nodes.to_double(X), estimator)
    if classes is None:
        return answer
    # The columns are the classes with training rows; `classes_` holds their indices.
    places = nodes.constant(np.eye(len(classes))[estimator.classes_])
    chosen = answer.chosen or add_best(nodes, answer.values)
    chosen = nodes.add("Gather", nodes.constant(estimator.classes_, np.int64), chosen)
    return Answer(add_shares(nodes, nodes.add("MatMul", answer.values, places)), chosen)
