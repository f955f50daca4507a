"""Sweeps and comparisons as runs: check them and store them."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from playground.wire.identity import Identity
from playground.wire.storable_text import make_storable
from training import runs
from training.datasets.builtin import find_builtin
from training.datasets.sources import Builtin, Source
from training.exceptions import NoDifference, NotComparable, SpecRefused
from training.jobs.sources import find_source
from training.limits import SweepLimits
from training.messages.events import TrainingResult
from training.messages.runs import RunKind
from training.messages.sweeps import CompareTraining, RunSweep, SweepChecked
from training.permissions import VIEW_DATASETS, VIEW_RUNS
from training.spec import TrainingSpec
from training.sweeps.differences import find_differences
from training.sweeps.tasks import ComparisonTask, SweepTask

COMPARISON_SEEDS = 20  # with which each of the two specs is trained

if TYPE_CHECKING:
    from training.models import Dataset, TrainingRun


def create_sweep(
    identity: Identity,
    sweep: RunSweep,
    *,
    dataset: Dataset | None,
    test_dataset: Dataset | None,
    checked: SweepChecked,
    run_id: UUID,
) -> int:
    """Store a sweep that has passed its check, and return its position in the queue. Raises TooManyRuns, QueueFull."""
    return runs.create(
        identity,
        sweep.spec,
        run_id=run_id,
        dataset=dataset,
        test_dataset=test_dataset,
        data=checked.data,
        model=checked.model,
        target=checked.target,
        kind=RunKind.SWEEP,
        task=make_storable(SweepTask(vary=tuple(sweep.vary.items())).model_dump(mode="json")),
    )


def create_comparison(identity: Identity, request: CompareTraining, *, run_id: UUID) -> int:
    """Store a comparison, and return its position in the queue.

    Raises RunNotFound, NotComparable, NoDifference, TooManyRuns, QueueFull, SpecRefused (`too_many_sweep_epochs`).
    """
    run_ids = (request.run_id, request.other_run_id)
    run, other = (runs.get_run(identity, each, VIEW_RUNS, VIEW_DATASETS) for each in run_ids)
    result, other_result = _get_result(run, "run_id"), _get_result(other, "other_run_id")
    _check_comparable(run, other, result, other_result)
    trained, other_trained = (each.auxiliary_outputs.parse_spec() for each in (result, other_result))
    if trained.split != other_trained.split:
        raise NotComparable("The two runs were tested on rows that were split in different ways.", where="other_run_id")
    differences = find_differences(trained, other_trained)
    if not differences:
        raise NoDifference("The two runs were trained alike: nothing but their seeds may differ.", where="other_run_id")
    seeds = COMPARISON_SEEDS
    _check_limits(seeds * ((trained.epochs or 1) + (other_trained.epochs or 1)))
    task = ComparisonTask(
        run_id=run.pk,
        other_run_id=other.pk,
        other=TrainingSpec.model_validate(other.spec),
        differences=tuple(differences),
        seeds=seeds,
    )
    return runs.create(
        identity,
        TrainingSpec.model_validate({**run.spec, "custom_model_name": "", "notify": False}),
        run_id=run_id,
        dataset=run.dataset,
        test_dataset=run.test_dataset,
        data=run.data,
        model=f"{run.model[:98]} / {other.model[:98]}",
        target=run.target,
        kind=RunKind.COMPARISON,
        task=task.model_dump(mode="json", exclude_unset=True),
    )


def _get_result(run: TrainingRun, where: str) -> TrainingResult:
    result = runs.read_result(run.pk)
    if result is None or not result.success:
        raise NotComparable("This is no run with a trained model.", where=where)
    return result


def _check_comparable(
    run: TrainingRun, other: TrainingRun, result: TrainingResult, other_result: TrainingResult
) -> None:
    if run.owner != other.owner:
        raise NotComparable("The two runs belong to different people.", where="other_run_id")
    source = _find_source(run)
    if source is None:
        raise NotComparable("The table of the run has been deleted.", where="run_id")
    if source != _find_source(other):
        raise NotComparable("The two runs were trained on different tables.", where="other_run_id")
    one, two = result.auxiliary_outputs, other_result.auxiliary_outputs
    if (one.target, one.is_classification) != (two.target, two.is_classification):
        raise NotComparable("The two runs predict different things.", where="other_run_id")


def _find_source(run: TrainingRun) -> Source | None:
    source = find_source(TrainingSpec.model_validate(run.spec), run.dataset, run.test_dataset)
    return Builtin(find_builtin(source.name).name) if isinstance(source, Builtin) else source


def _check_limits(epochs: int) -> None:
    allowed = SweepLimits.from_settings().epochs
    if epochs > allowed:
        raise SpecRefused(
            f"These are {epochs:,} epochs in all; at most {allowed:,} are trained at once.",
            code="too_many_sweep_epochs",
            where="run_id",
            hint="Compare runs of fewer epochs.",
        )
