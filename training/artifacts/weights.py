"""Write and read the trained model's files: `state_dict`s, and scikit-learn objects in skops' format.

Loading runs no code. torch reads weights only, and skops builds only the types that `trainers/estimators/objects.py`
lists.
"""

from __future__ import annotations

import io
import math
from dataclasses import fields
from typing import Any, BinaryIO

import numpy as np
import torch
from sklearn.compose import TransformedTargetRegressor
from sklearn.model_selection import FixedThresholdClassifier
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler
from torch import nn

from training.datasets.formats.column import parse_formats, write_formats
from training.datasets.preparation import Preparation
from training.spec import ProblemType, TrainingSpec
from training.trainers.estimators.class_labels import name_classes, number_classes
from training.trainers.estimators.objects import dump_object, load_object
from training.trainers.trained import TrainedModel, rebuild_network


def build_state_dict(network: nn.Module) -> bytes:
    """Return bytes that `torch.load(file, weights_only=True)` loads."""
    buffer = io.BytesIO()
    torch.save(network.state_dict(), buffer)
    return buffer.getvalue()


def build_pipeline(preparation: Preparation, estimator: Any) -> Pipeline:
    """Return one scikit-learn estimator from a table's rows to labels, or to numbers in the target's units.

    It contains only scikit-learn's own types. The columns are `Preparation.columns`, as `Preparation.to_model_types`
    returns them. The classes are in the order of `Preparation.classes`.
    """
    if preparation.classes is None:
        named = _scale_target(preparation, estimator)
    else:
        named = name_classes(estimator, preparation.classes)
        if preparation.threshold is not None:
            named = _fix_threshold(named, preparation)
    # The estimator was trained in single precision, where other distances are equal than in double precision.
    single = FunctionTransformer(np.positive, kw_args={"dtype": "float32", "order": "C"})
    return Pipeline([("prepare", preparation.preprocessor), ("single", single), ("model", named)])


def _scale_target(preparation: Preparation, estimator: Any) -> TransformedTargetRegressor:
    """Wrap a regressor so that it predicts in the target's units, in double precision as `Preparation.to_units`
    does.
    """
    scaler = StandardScaler()
    scaler.mean_, scaler.scale_ = np.array([preparation.target_mean]), np.array([preparation.target_scale])
    scaler.var_, scaler.n_features_in_, scaler.n_samples_seen_ = scaler.scale_**2, 1, 1
    double = FunctionTransformer(inverse_func=np.positive, inv_kw_args={"dtype": "float64"})
    transformer = make_pipeline(scaler, double)
    regressor = TransformedTargetRegressor(estimator, transformer=transformer)
    regressor.regressor_, regressor.transformer_, regressor._training_dim = estimator, transformer, 1
    return regressor


def _fix_threshold(estimator: Any, preparation: Preparation) -> FixedThresholdClassifier:
    """Wrap a classifier so that it predicts the second class from the threshold on, as the run did.

    A classifier without probabilities has scores, whose sigmoid the run used instead.
    """
    assert preparation.threshold is not None and preparation.classes is not None
    threshold, method = preparation.threshold, "predict_proba"
    if not hasattr(estimator, method):
        threshold, method = math.log(threshold / (1 - threshold)), "decision_function"
    positive = preparation.classes[1]
    fixed = FixedThresholdClassifier(estimator, threshold=threshold, pos_label=positive, response_method=method)
    fixed.estimator_ = estimator  # set attributes as a fit would
    return fixed


def build_skops(model: Any) -> bytes:
    """Return bytes that `load_object` loads."""
    return dump_object(model)


def build_preparation(preparation: Preparation) -> bytes:
    values = {field.name: getattr(preparation, field.name) for field in fields(preparation)}
    formats = write_formats(preparation.formats)
    return build_skops({**values, "problem_type": preparation.problem_type.value, "formats": formats})


def load_trained(spec: TrainingSpec, preparation_file: BinaryIO, model_file: BinaryIO) -> TrainedModel:
    """Load a trained model from the files of `build_preparation`, and `build_state_dict` or `build_skops`."""
    values = load_object(preparation_file.read())
    formats = parse_formats(values.get("formats", "{}"))  # absent in files of earlier versions
    preparation = Preparation(**{**values, "problem_type": ProblemType(values["problem_type"]), "formats": formats})
    if spec.user_model is None:
        state = torch.load(model_file, weights_only=True)
        n_features = preparation.n_features
        return TrainedModel(spec, preparation, rebuild_network(spec, n_features, state))
    model = load_object(model_file.read())[-1]
    if preparation.classes is None:
        return TrainedModel(spec, preparation, model.regressor_)
    if preparation.threshold is not None:
        model = model.estimator_
    return TrainedModel(spec, preparation, number_classes(model, preparation.classes))
