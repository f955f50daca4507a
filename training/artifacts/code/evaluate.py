"""Write the lines that fit an estimator, and the lines that evaluate a model and print its metrics."""

from __future__ import annotations

import numpy as np

from training.artifacts.code.layout import Section, assign, call, join_blocks, write_object, write_value
from training.artifacts.code.network import predict_in_chunks
from training.datasets.preprocessing import PreparedData
from training.spec import Criterion, TrainingSpec
from training.trainers.criteria import CLASS_CRITERIA
from training.trainers.estimators import build_estimator, parse_estimator
from training.trainers.networks.layers import parse_layer
from training.trainers.networks.network import RUN_CHUNK
from training.trainers.sample_weights import weight_estimator

REGRESSION = """metrics = {
    "r2": r2_score(y_test, predictions),
    "rmse": root_mean_squared_error(y_test, predictions),
    "mae": mean_absolute_error(y_test, predictions),
    "mape": mean_absolute_percentage_error(y_test, predictions),
}"""

CLASSIFICATION = """is_class = y_test[:, None] == np.arange(len(names))  # (rows, classes)
given = np.clip(probabilities[is_class], np.finfo(float).eps, 1)  # to the right class
metrics = {
    "accuracy": accuracy_score(y_test, predictions),
    "balanced_accuracy": balanced_accuracy_score(y_test, predictions),
    "f1_macro": f1_score(y_test, predictions, average="macro"),
    "log_loss": -np.log(given).mean(),
    "roc_auc": roc_auc_score(is_class, probabilities),
}"""


def write_estimator(spec: TrainingSpec, data: PreparedData) -> Section:
    weighed = weight_estimator(spec, data)
    code, imports = write_object(build_estimator(weighed.choice, spec.seed or 0))
    lines = [assign("model", code)]
    if weighed.of_rows is None:
        lines.append("model.fit(X_train, y_train)")
        return Section("Train", "The model learns from the training rows.", tuple(imports), "\n".join(lines))
    rows = "w_train"
    if weighed.of_classes is not None:
        imports.add("from sklearn.utils.class_weight import compute_sample_weight")
        arguments = (write_value(weighed.of_classes), "y_train")
        lines.append(assign("class_weights", call("compute_sample_weight", *arguments)))
        rows = "class_weights" if data.weights is None else "class_weights * w_train"
    lines.append(f"model.fit(X_train, y_train, sample_weight={rows})")
    about = "The model learns from the training rows, which have different weights."
    return Section("Train", about, tuple(imports), "\n".join(lines))


def _has_probabilities(spec: TrainingSpec) -> bool:
    return hasattr(build_estimator(parse_estimator(spec.user_model), spec.seed or 0), "predict_proba")


def write_evaluation(spec: TrainingSpec, data: PreparedData) -> Section:
    """Write the lines that predict the test rows and print the metrics as one line of JSON."""
    predict = (
        _write_network_prediction(spec, data) if spec.user_model is None else _write_estimator_prediction(spec, data)
    )
    imports = {"import json"}
    if data.classes is None:
        measure = REGRESSION
        names = ["mean_absolute_error", "mean_absolute_percentage_error", "r2_score", "root_mean_squared_error"]
    else:
        measure = CLASSIFICATION
        names = ["accuracy_score", "balanced_accuracy_score", "f1_score", "roc_auc_score"]
        imports.add("import numpy as np")
    imports |= {f"from sklearn.metrics import {name}" for name in names}
    if "torch." in predict:
        imports.add("import torch")
    blank = ""
    if _is_undefined(data):
        # JSON has no NaN.
        name = "r2" if data.classes is None else "roc_auc"
        blank = f'metrics["{name}"] = None  # the test rows leave it undefined'
        measure = "\n".join(line for line in measure.split("\n") if f'"{name}"' not in line)
        imports -= {"from sklearn.metrics import r2_score", "from sklearn.metrics import roc_auc_score"}
    about = "Score the model on the test set, which it was not trained on."
    if data.classes is not None:
        predict += "\nlabels = [names[index] for index in predictions]  # as in predictions.csv"
    code = join_blocks([predict, measure, f"{blank}\nprint(json.dumps(metrics))".strip()])
    return Section("Evaluate", about, tuple(imports), code)


def _is_undefined(data: PreparedData) -> bool:
    """Return whether a metric is undefined: ROC AUC if a class has no test row, R² if there is a single test row."""
    if data.classes is None:
        return len(data.y_test) < 2
    counts = np.bincount(data.y_test, minlength=len(data.classes))
    return bool(counts.min() == 0)


def _write_network_prediction(spec: TrainingSpec, data: PreparedData) -> str:
    outputs = predict_in_chunks("X_test", len(data.y_test), RUN_CHUNK)
    lines = [f"network.eval()\nwith torch.no_grad():\n    outputs = {outputs}"]
    if data.classes is None:
        return f"{lines[0]}\npredictions = outputs.view(-1).numpy().astype(np.float64) * scale + mean"
    threshold = data.preparation.threshold
    decide = [] if threshold is None else [f"predictions = (probabilities[:, 1] >= {threshold!r}).astype(int)"]
    if spec.criterion in CLASS_CRITERIA:
        if threshold is None:
            lines.append("predictions = outputs.argmax(1).numpy()")
        if parse_layer(spec.user_arch[-1]).name == "Softmax":
            lines.append("probabilities = outputs.double().numpy()")
            lines.append("probabilities /= probabilities.sum(axis=1, keepdims=True)")
        else:
            lines.append("probabilities = outputs.double().softmax(1).numpy()")
        return "\n".join([*lines, *decide])
    is_logits = spec.criterion is Criterion.BCEWITHLOGITSLOSS
    if threshold is None:
        lines.append(f"predictions = (outputs.view(-1) > {0 if is_logits else 0.5}).long().numpy()")
    lines.append(f"positive = outputs.view(-1).double(){'.sigmoid()' if is_logits else ''}.numpy()")
    lines.append("probabilities = np.column_stack([1 - positive, positive])")
    return "\n".join([*lines, *decide])


def _write_estimator_prediction(spec: TrainingSpec, data: PreparedData) -> str:
    if data.classes is None:
        return "predictions = model.predict(X_test).astype(np.float64) * scale + mean"
    lines = ["predictions = model.predict(X_test)"] if data.preparation.threshold is None else []
    n_learned = len(np.unique(data.y_train))
    if _has_probabilities(spec):
        lines.append("probabilities = model.predict_proba(X_test).astype(np.float64)")
    else:
        lines.append("scores = model.decision_function(X_test).astype(np.float64)")
        if n_learned == 2:
            lines.append("scores = np.column_stack([np.zeros(len(scores)), scores])")
        lines.append("probabilities = np.exp(scores - scores.max(axis=1, keepdims=True))  # not calibrated")
    if n_learned < len(data.classes):
        lines.append("learned, probabilities = probabilities, np.zeros((len(X_test), len(names)))")
        lines.append("probabilities[:, model.classes_] = learned  # a class without a training row is never predicted")
    lines.append("probabilities /= probabilities.sum(axis=1, keepdims=True)")
    if data.preparation.threshold is not None:
        lines.append(f"predictions = (probabilities[:, 1] >= {data.preparation.threshold!r}).astype(int)")
    return "\n".join(lines)
