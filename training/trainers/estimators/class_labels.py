"""Rename the classes of a fitted classifier. It learns class indices and predicts labels where it is downloaded."""

from __future__ import annotations

from copy import copy
from typing import Any

import numpy as np


def name_classes(estimator: Any, labels: tuple[str, ...]) -> Any:
    """Return a copy of a fitted classifier that predicts labels instead of indices of `labels`. Its training rows
    may lack some of the classes.
    """
    return _rename(estimator, dict(enumerate(labels)), object)


def number_classes(estimator: Any, labels: tuple[str, ...]) -> Any:
    """Return a copy that predicts indices of `labels`: the inverse of `name_classes`."""
    return _rename(estimator, {label: index for index, label in enumerate(labels)}, np.int64)


def _rename(estimator: Any, names: dict[Any, Any], dtype: type) -> Any:
    """Replace class names wherever scikit-learn stores them. No fitted number changes."""

    def rename(part: Any) -> Any:
        renamed = copy(part)
        if "classes_" in vars(part):
            # dtype object: NumPy's strings lose trailing null characters.
            renamed.classes_ = np.array([names[name] for name in part.classes_.tolist()], dtype)
        if isinstance(vars(part).get("class_weight"), dict):
            renamed.class_weight = {names[name]: weight for name, weight in part.class_weight.items()}
        if "_label_binarizer" in vars(part):
            renamed._label_binarizer = rename(part._label_binarizer)
        if type(part).__name__ == "AdaBoostClassifier":
            renamed.estimators_ = [rename(member) for member in part.estimators_]
        if "estimator_" in vars(part) and "classes_" in dir(type(part)):
            renamed.estimator_ = rename(part.estimator_)
        return renamed

    return rename(estimator)
