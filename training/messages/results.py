"""Define the result of a training run: `auxiliary_outputs` of the event `trainingResult`.

Trainers build it, the run's log stores it as JSON, and files, mail, labs and comparisons read it. The module imports
neither Django nor torch.

Fields that this version does not know are ignored when a stored result is read. Fields that earlier versions did not
store keep their defaults. Numbers that are undefined, such as the R² of a single row, are NaN here and null in JSON.
"""

from __future__ import annotations

import math
from enum import StrEnum
from typing import Annotated, Any

from pydantic import BeforeValidator, ConfigDict, Field, SkipValidation, model_serializer

from training.messages.base import FrozenModel
from training.messages.datasets import Histogram
from training.messages.insights import Diagnosis
from training.messages.problems import Problem
from training.spec import ProblemType, TrainingSpec
from training.spec.enums import SplitKind

Number = Annotated[float, BeforeValidator(lambda value: math.nan if value is None else value)]
"""A float that is NaN where it is undefined."""

Curve = list[Any]
"""[x values, y values, area under the curve]: of a ROC curve, the false and the true positive rates; of a
precision-recall curve, the recalls and the precisions."""


class Metric(StrEnum):
    """A metric on the test rows, in scikit-learn's definition."""

    ACCURACY = "accuracy"
    BALANCED_ACCURACY = "balanced_accuracy"
    F1_MACRO = "f1_macro"
    LOG_LOSS = "log_loss"
    ROC_AUC = "roc_auc"
    R2 = "r2"
    RMSE = "rmse"
    MAE = "mae"
    MAPE = "mape"

    @property
    def label(self) -> str:
        return METRIC_LABELS[self]

    @property
    def label_in_text(self) -> str:
        """The label as it stands inside a sentence."""
        return self.label[0].lower() + self.label[1:] if self.label[1].islower() else self.label

    def format_value(self, value: float | None) -> str:
        """Write a value: accuracy as a percentage with one digit, others with three digits; `–` where undefined."""
        if value is None or not math.isfinite(value):
            return "–"
        return f"{value:.1%}" if self is Metric.ACCURACY else f"{value:.3f}"


METRIC_LABELS: dict[str, str] = {
    Metric.ACCURACY: "Accuracy",
    Metric.BALANCED_ACCURACY: "Balanced accuracy",
    Metric.F1_MACRO: "F1 (macro)",
    Metric.LOG_LOSS: "Log loss",
    Metric.ROC_AUC: "ROC AUC",
    Metric.R2: "R²",
    Metric.RMSE: "RMSE",
    Metric.MAE: "MAE",
    Metric.MAPE: "MAPE",
}


class ModelKind(StrEnum):
    NETWORK = "network"
    ESTIMATOR = "estimator"


def headline_metric(problem_type: ProblemType) -> Metric:
    """Return the metric by which models are compared. Larger is better."""
    return Metric.ACCURACY if problem_type is ProblemType.CLASSIFICATION else Metric.R2


class Headline(FrozenModel):
    """The score that says how good a model is, larger is better, and that of the baseline."""

    metric: Metric
    value: Number = math.nan
    baseline: Number = math.nan


class CalibrationBin(FrozenModel):
    """The mean predicted probability of `count` test rows, and the fraction of them for which it was correct."""

    predicted: float
    observed: float
    count: int


class Calibration(FrozenModel):
    """How reliable predicted probabilities are.

    `label` is the second class of two: `bins` are about its probability. With more classes it is None, and `bins` are
    about the probability of the class that was predicted. Bins without rows are left out.
    """

    label: str | None
    bins: list[CalibrationBin]
    brier: Number = Field(description="The Brier score: 0 is best.")
    baseline_brier: Number
    expected_calibration_error: Number


class ClassScores(FrozenModel):
    """Precision, recall and F1 of one class. `support`: the number of its test rows."""

    model_config = ConfigDict(frozen=True, populate_by_name=True, serialize_by_alias=True)

    label: str = Field(alias="class")
    precision: float
    recall: float
    f1: float
    support: int


class ThresholdCounts(FrozenModel):
    """What each decision threshold from 0.00 to 1.00, in steps of 0.01, would do on the test rows of two classes.

    `hits[i]` and `alarms[i]` count the rows of the class `positive` and of the other class whose probability of being
    positive is at least i / 100. `value` is the run's threshold, None where the model used its own.
    """

    positive: str
    value: float | None
    hits: list[int]
    alarms: list[int]


class NaiveForecast(FrozenModel):
    """Metrics of a forecast without a model, which repeats the last known value."""

    metrics: dict[str, Number]


class Residuals(FrozenModel):
    """Predicted minus actual values on the test rows, in the target's units. `sample` holds [predicted, actual]."""

    mean: Number
    standard_deviation: Number
    histogram: Histogram
    sample: SkipValidation[list[list[float]]]


class EarlyStopping(FrozenModel):
    """After how many epochs the training stopped, and the epoch whose weights were kept."""

    stopped_after: int
    kept_epoch: int


class SplitSummary(FrozenModel):
    """How rows were divided into training and test rows. `value` marks the test rows where `column` names them."""

    kind: SplitKind
    column: str | None = None
    value: str | None = None
    train_rows: int
    test_rows: int
    sentence: str = ""


class SplitCheck(FrozenModel):
    """The score with random test rows, and the score with a split that keeps related rows together.

    `split` is the second split, as in a spec. `honest` is its score, None where it was not measured. `leaks` is true
    where the difference is larger than chance explains.
    """

    kind: SplitKind
    column: str | None = None
    split: dict[str, Any]
    metric: Metric
    random: Number
    honest: float | None
    leaks: bool
    sentence: str

    @property
    def is_unmeasured(self) -> bool:
        return self.honest is None


class CrossValidation(FrozenModel):
    """The score of each fold of the training rows, None for a fold that failed, with their mean and spread.

    `scores` is shorter than `folds` where there was no time for all of them.
    """

    folds: int | None
    kind: SplitKind
    metric: Metric
    scores: list[float | None]
    mean: float | None
    spread: float | None = Field(description="The standard deviation of the sample; null for a single fold.")
    sentence: str


class ColumnKinds(FrozenModel):
    """The columns that are features, by kind."""

    number: list[str] = []
    date: list[str] = []
    category: list[str] = []
    text: list[str] = []


class AuxiliaryOutputs(FrozenModel):
    """The result of a run, apart from its epochs. A failed run has an empty one.

    Fields keep the names that they have on the wire. Only fields that were given are serialised.
    """

    kind: ModelKind | None = None
    trainer: str = Field(default="", description="`autograd`, `compiled` or `scikit-learn`.")
    problem_type: ProblemType | None = None
    target: str = ""

    # Of a classification. Rows of the matrix are actual classes, columns are predicted classes.
    confusion_matrix: SkipValidation[list[list[int]]] | None = None
    category_list: list[str] = []
    numerical_category_list: list[int] = []
    AUC_ROC_curve_data: SkipValidation[list[Curve | None]] = []
    precision_recall_curve_data: SkipValidation[list[Curve | None]] = []
    calibration: Calibration | None = None

    metrics: dict[str, Number] = {}
    baseline: dict[str, Number] = {}
    naive: NaiveForecast | None = None
    per_class: list[ClassScores] | None = None
    threshold: ThresholdCounts | None = None
    residuals: Residuals | None = None
    sentence: str = ""
    headline: Headline | None = None

    parameters: int | None = None
    early_stopping: EarlyStopping | None = None
    split: SplitSummary | None = None
    split_check: SplitCheck | None = None
    cross_validation: CrossValidation | None = None
    columns: ColumnKinds = ColumnKinds()
    notes: list[Problem] = []
    diagnosis: list[Diagnosis] = []
    spec: dict[str, Any] = Field(default={}, description="The spec as it was trained, with every default.")

    @property
    def is_network(self) -> bool:
        return self.kind is ModelKind.NETWORK

    @property
    def is_classification(self) -> bool:
        return self.confusion_matrix is not None

    def require_problem_type(self) -> ProblemType:
        return ProblemType.CLASSIFICATION if self.is_classification else ProblemType.REGRESSION

    @property
    def accuracy(self) -> float:
        return self.metrics.get(Metric.ACCURACY, math.nan)

    @property
    def r2(self) -> float:
        return self.metrics.get(Metric.R2, math.nan)

    def get_metric(self, name: str) -> float | None:
        """Return a metric of the model; None where it is undefined or of another kind of problem."""
        return find_finite(self.metrics.get(name))

    def get_baseline(self, name: str) -> float | None:
        """Return a metric of the baseline; None where it is undefined or of another kind of problem."""
        return find_finite(self.baseline.get(name))

    def parse_spec(self) -> TrainingSpec:
        """Return the spec as it was trained, with every default."""
        return TrainingSpec.model_validate(self.spec)

    @model_serializer(mode="plain")
    def _leave_out_unset(self) -> dict[str, Any]:
        # Plain: in the mode "wrap" pydantic would go through the curves twice.
        given = self.model_fields_set
        return {name: getattr(self, name) for name in type(self).model_fields if name in given}


def find_finite(number: float | None) -> float | None:
    """Return the number, or None where it is undefined."""
    return number if number is not None and math.isfinite(number) else None
