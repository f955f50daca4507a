"""From the row of a sweep or a comparison to what a worker gets. Called by the engine's orders."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from training import runs
from training.datasets.sources import Source
from training.engines.jobs import ComparisonJob, SweepJob
from training.limits import Limits, SweepLimits
from training.messages.runs import RunKind
from training.spec import TrainingSpec
from training.sweeps.tasks import ComparisonTask, SweepTask
from training.sweeps.variation import Combination, Variation, parse_variation

if TYPE_CHECKING:
    from training.models import TrainingRun


def order_sweep(run: TrainingRun, spec: TrainingSpec, source: Source, limits: Limits) -> SweepJob:
    """What an earlier attempt recorded goes along, and is not trained again.

    Raises SpecRefused where the limits or what may vary have changed since it was stored.
    """
    of_all = SweepLimits.from_settings()
    limits = replace(limits, seconds=of_all.seconds)
    recorded = tuple(runs.read_scores(run.pk))
    if run.kind == RunKind.SWEEP:
        variation = parse_variation(spec, dict(SweepTask.model_validate(run.task).vary), of_all.runs)
        return SweepJob(run.pk, spec, variation, source, limits, recorded)
    task = ComparisonTask.model_validate(run.task)
    variation = Variation((Combination({}, {}, spec), Combination({}, {}, task.other)), tuple(range(task.seeds)))
    compared = (task.run_id, task.other_run_id)
    return ComparisonJob(run.pk, spec, variation, source, limits, recorded, compared, task.differences)
