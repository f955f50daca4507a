"""Insights and files of finished runs, made while a worker is idle or when a visitor asks for a file."""

from __future__ import annotations

import logging
import math
from collections.abc import Callable
from functools import cached_property
from uuid import UUID

from playground.wire.errors import PlaygroundError
from training.artifacts.catalog import SKOPS, Facts, promised_names
from training.artifacts.code.loading import find_plain_names, write_loading
from training.artifacts.graph.check import check_onnx
from training.artifacts.graph.model import build_onnx
from training.artifacts.notebook import build_notebook
from training.artifacts.plots import build_accuracy_plot, build_loss_plot
from training.artifacts.report import Subject, build_report
from training.artifacts.result_plots import build_confusion_plot, build_residuals_plot, build_roc_plot
from training.artifacts.script import build_script
from training.artifacts.table import build_results_csv
from training.datasets.preprocessing import PreparedData
from training.datasets.sources import Source
from training.datasets.table import Table
from training.exceptions import DatasetNotFound
from training.jobs.jobs import BuildJob
from training.messages.events import EpochRow
from training.messages.insights import ColumnImportance, Diagnosis, TermWeight, TrainingInsights
from training.spec import TrainingSpec
from training.trainers.estimators.objects import find_untrusted
from training.trainers.results import terms
from training.trainers.results.importance import Importance, measure_importance
from training.trainers.results.target_leakage import find_target_leakage
from training.trainers.trained import TrainedModel
from training.updates import Emit, FilesStored, StoredFile
from training.work.answers import get_trained
from training.work.prepared import get_data
from training.work.tables import hash_table, load, open_stored

INSIGHTS, REPORT = "insights", "report.html"

Store = Callable[[UUID, str, bytes], StoredFile]

logger = logging.getLogger(__name__)


class Finished:
    """A finished run with its table, data and model, each loaded at its first use."""

    def __init__(self, job: BuildJob) -> None:
        self._run = job.run
        self.run_id = job.run_id
        self.epochs: list[EpochRow] = list(job.rows)
        self.auxiliary = job.auxiliary
        self._promised = promised_names(Facts.of(self.auxiliary, self.epochs))
        self._files: dict[str, bytes] = {}

    @cached_property
    def data(self) -> PreparedData:
        return get_data(self._run.asked, self.source, self._run.limits)

    @cached_property
    def importance(self) -> Importance:
        data, seed = self.data, self.spec.seed or 0
        return measure_importance(self.trained, data.test_frame, data.y_test_units, data.problem_type, seed=seed)

    @cached_property
    def leakage(self) -> list[Diagnosis]:
        """Diagnose target leakage by the feature importance."""
        plan, columns = self.data.plan, self.importance.columns
        if columns and columns[0].column in plan.texts:
            return []  # a text column has many features: its importance is no sign of a leak
        train = plan.frame.iloc[plan.train]
        constant = {name for name in self.trained.columns if train[name].nunique(dropna=False) < 2}
        headline = self.auxiliary.headline
        baseline = math.nan if headline is None else headline.baseline
        return find_target_leakage(self.importance, baseline, self.trained.columns, constant)

    @cached_property
    def terms(self) -> tuple[terms.TermWeight, ...]:
        return terms.measure_term_weights(self.trained, self.data.X_train, seed=self.spec.seed or 0)

    @property
    def subject(self) -> Subject:
        """Return the content of the report, with the plots of the run."""
        data_hash, data_hash_of = hash_table(self.source)
        return Subject(
            run_id=str(self._run.run_id),
            name=self._run.name,
            model=self._run.model,
            spec=self.spec,
            data=self.data,
            data_hash=data_hash,
            data_hash_of=data_hash_of,
            auxiliary=self.auxiliary,
            epochs=self.epochs,
            importance=self.importance,
            leakage=self.leakage,
            terms=self.terms,
            loading=self.loading,
            plots={name: self.get_file(name) for name in self._promised if name.endswith(".png")},
        )

    def get_file(self, name: str) -> bytes:
        """Return the content of a file of BUILDERS. It is built at the first call."""
        if name not in self._files:
            self._files[name] = BUILDERS[name](self)
        return self._files[name]

    @cached_property
    def table(self) -> Table:
        return load(self.source)

    @cached_property
    def loading(self) -> str:
        """Return code that loads the downloaded model. Empty for a network."""
        if self.spec.user_model is None:
            return ""
        with open_stored(self._run.files[SKOPS]) as file:
            trusted = find_untrusted(file.read())
        plain = find_plain_names(self.data, self.source, self.table, open_stored)
        return write_loading(self.spec, self.data, self.source, self.table, trusted, plain)

    @property
    def source(self) -> Source:
        if self._run.source is None:
            raise DatasetNotFound("The table of this run has been deleted.")
        return self._run.source

    @property
    def spec(self) -> TrainingSpec:
        return self._run.spec

    @cached_property
    def trained(self) -> TrainedModel:
        return get_trained(self._run)


def _build_exact_onnx(run: Finished) -> bytes:
    """Build and check the ONNX file. Raises ExportInexact, ExportUnsupported."""
    content = build_onnx(run.trained)
    check_onnx(content, run.trained, run.data.plan.frame)
    return content


# In the order in which they are made: fast ones come first.
BUILDERS: dict[str, Callable[[Finished], bytes]] = {
    "train.py": lambda run: build_script(run.spec, run.data, run.source, run.table).encode(),
    "train.ipynb": lambda run: build_notebook(run.spec, run.data, run.source, run.table).encode(),
    "results.csv": lambda run: build_results_csv(run.epochs),
    "loss.png": lambda run: build_loss_plot(run.epochs),
    "accuracy.png": lambda run: build_accuracy_plot(run.epochs),
    "confusion_matrix.png": lambda run: build_confusion_plot(run.auxiliary),
    "roc.png": lambda run: build_roc_plot(run.auxiliary),
    "residuals.png": lambda run: build_residuals_plot(run.auxiliary),
    "model.onnx": _build_exact_onnx,
    REPORT: lambda run: build_report(run.subject),
}


def build_files(job: BuildJob, emit: Emit, store: Store) -> None:
    """Emit each file when it is made, and the insights before the report, which shows them.

    A file that cannot be made is left out and logged.
    """
    run = Finished(job)

    def make(name: str) -> TrainingInsights | FilesStored:
        if name == INSIGHTS:
            return _describe(run)
        return FilesStored(job.run_id, (store(job.run_id, name, run.get_file(name)),))

    # Fast ones first: no download should wait for the hundreds of predictions of the insights.
    names = sorted(job.names, key=list(BUILDERS).index)
    if job.run.source is not None:
        names.insert(-1 if names[-1:] == [REPORT] else len(names), INSIGHTS)
    for name in names:
        try:
            emit([make(name)])
        except PlaygroundError as error:
            logger.warning("run %s: no %s: %s", job.run_id, name, error.message)
        except Exception:
            # The other files are made all the same. A visitor who asks for this one is told.
            logger.exception("run %s: %s could not be made", job.run_id, name)


def _describe(run: Finished) -> TrainingInsights:
    importance = run.importance
    columns = [ColumnImportance(**vars(column)) for column in importance.columns]
    return TrainingInsights(
        run_id=run.run_id,
        metric=importance.metric,
        score=importance.score,
        rows=importance.rows,
        feature_importance=columns,
        terms=[TermWeight(**vars(term)) for term in run.terms],
        note=importance.note,
        diagnosis=run.leakage,
        loading=run.loading,
    )
