"""How good the results are: a default network and gradient boosting on each built-in table, beside the baseline and
scikit-learn's own MLP and boosting on the same split.
"""

from __future__ import annotations

import warnings
from typing import Any

import torch
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPClassifier, MLPRegressor

from training.datasets.builtin import BUILTINS, load_builtin
from training.datasets.plan import make_plan
from training.datasets.preprocessing import PreparedData, prepare
from training.limits import Limits
from training.messages.results import Headline
from training.spec import ProblemType, TrainingSpec
from training.trainers.defaults import complete
from training.trainers.train import train

DOWNLOADED = {"CALIFORNIAHOUSING"}


def measure() -> bool:
    torch.set_num_threads(1)
    print(
        "\n| table | metric | baseline | default network | scikit-learn MLP | boosting here | scikit-learn boosting |"
    )
    print("|---|---|---|---|---|---|---|")
    for name in BUILTINS:
        if name not in DOWNLOADED:
            print(_compare(name), flush=True)
    return True


def _compare(name: str) -> str:
    data = prepare(make_plan(load_builtin(name), TrainingSpec(seed=0), Limits()))
    classify = data.problem_type is ProblemType.CLASSIFICATION
    kind = "Classifier" if classify else "Regressor"
    network = _train(data)
    boosting = _train(data, user_model=f"HistGradientBoosting{kind}()")
    own_mlp = (MLPClassifier if classify else MLPRegressor)(random_state=0)
    own_boosting = (HistGradientBoostingClassifier if classify else HistGradientBoostingRegressor)(random_state=0)
    scores = [
        network.baseline,
        network.value,
        _score(own_mlp, data),
        boosting.value,
        _score(own_boosting, data),
    ]
    return f"| {name} | {network.metric} | {' | '.join(f'{score:.3f}' for score in scores)} |"


def _train(data: PreparedData, **fields: Any) -> Headline:
    spec = complete(TrainingSpec(seed=0, **fields), data.plan)
    outcome = train(data, spec, on_epoch=lambda row: None, is_cancelled=lambda: False)
    headline = outcome.auxiliary.headline
    assert headline is not None
    return headline


def _score(estimator: Any, data: PreparedData) -> float:
    """Accuracy or R², scikit-learn's defaults; R² is the same in standardised units."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        estimator.fit(data.X_train, data.y_train)
    score: float = estimator.score(data.X_test, data.y_test)
    return score
