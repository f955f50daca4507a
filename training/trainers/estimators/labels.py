"""Gives a fitted classifier other names for its classes: it learns their indices, and says labels where it is taken."""

from __future__ import annotations

from copy import copy
from typing import Any

import numpy as np


def name_classes(estimator: Any, labels: tuple[str, ...]) -> Any:
    """Return a copy that says labels. `estimator` learned indices of `labels`, perhaps not all of them."""
    return _rename(estimator, dict(enumerate(labels)), object)


def number_classes(estimator: Any, labels: tuple[str, ...]) -> Any:
    """Return a copy that says indices of `labels`: what `name_classes` was given."""
    return _rename(estimator, {label: index for index, label in enumerate(labels)}, np.int64)


def _rename(estimator: Any, names: dict[Any, Any], dtype: type) -> Any:
    """Replace classes wherever scikit-learn looks them up to say or to compare a class; no fitted number changes."""

    def rename(part: Any) -> Any:
        renamed = copy(part)
        if "classes_" in vars(part):
            # Objects: NumPy's own strings lose zeros at their ends.
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
