"""Sweeps and comparisons: train everything, then build the result."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from statistics import mean
from typing import Any

from training.exceptions import SweepFailed
from training.jobs.jobs import ComparisonJob, SweepJob
from training.messages.results import Metric
from training.messages.sweeps import CombinationResult, SweepLead, SweepResult, SweepScore, TrainingCompared
from training.trainers.results.seeds import Gain, compare_paired, summarize
from training.updates import Emit
from training.work.tables import load
from training.work.trials import run_trials, score_on_test_rows


def run_sweep(job: SweepJob, emit: Emit, is_cancelled: Callable[[], bool]) -> None:
    """Do a sweep and emit its events. Raises Cancelled, and SweepFailed if no training has a score."""
    table = load(job.source)
    results = run_trials(job, table, emit, is_cancelled)
    combinations = [_summarize(job, number, results) for number in range(len(job.variation.combinations))]
    ranked = sorted(combinations, key=_rank)
    if ranked[0].mean is None:
        raise SweepFailed(f"Not one of the {job.variation.runs} trainings came to a score. {ranked[0].message}".strip())
    metric = _find_metric(results)
    lead = _find_lead(ranked)
    ranked[0] = _add_test_scores(ranked[0], score_on_test_rows(job, table, ranked[0].combination, is_cancelled))
    result = SweepResult(
        run_id=job.run_id,
        success=True,
        status=200,
        message=_describe_best(ranked, metric, lead),
        metric=metric,
        measured_on="folds" if job.spec.folds is not None else "validation",
        spec=job.spec.model_dump(mode="json", exclude_unset=True, exclude={"csvData"}),
        combinations=ranked,
        lead=lead,
    )
    emit([result])


def run_comparison(job: ComparisonJob, emit: Emit, is_cancelled: Callable[[], bool]) -> None:
    """Do a comparison and emit its events.

    Raises Cancelled, and SweepFailed if fewer than two seeds have a score for both specs.
    """
    results = run_trials(job, load(job.source), emit, is_cancelled)
    ours, others = (_scores_of(job, number, results) for number in (0, 1))
    pairs = [(one, two) for one, two in zip(ours, others, strict=True) if one is not None and two is not None]
    if len(pairs) < 2:
        reason = next((result.message for result in results if result.message), "")
        raise SweepFailed(f"Fewer than two seeds gave both a score. {reason}".strip())
    gain = compare_paired(*zip(*pairs, strict=True))
    metric = _find_metric(results)
    sentence = _describe_gain(gain, metric, len(pairs), len(ours))
    result = TrainingCompared(
        run_id=job.run_id,
        success=True,
        status=200,
        message=sentence,
        compared=job.compared,
        differences=list(job.differences),
        metric=metric,
        seeds=list(job.variation.seeds),
        scores=ours,
        other_scores=others,
        mean=gain.mean,
        other_mean=gain.other_mean,
        gain=gain.gain,
        margin=gain.margin,
        distinguishable=gain.is_distinguishable,
        sentence=sentence,
    )
    emit([result])


def _add_test_scores(best: CombinationResult, scores: list[float | None]) -> CombinationResult:
    spread = summarize([score for score in scores if score is not None])
    return best.model_copy(update={"test_scores": scores, "test_mean": spread.mean, "test_spread": spread.spread})


def _summarize(job: SweepJob, number: int, results: Sequence[SweepScore]) -> CombinationResult:
    combination = job.variation.combinations[number]
    own = [result for result in results if result.combination == number]
    scores = _scores_of(job, number, results)
    spread = summarize([score for score in scores if score is not None])
    baselines = [result.baseline for result in own if result.baseline is not None]
    failures = [result for result in own if result.message]
    changed = combination.spec.model_dump(mode="json", include=set(combination.changes))
    return CombinationResult(
        combination=number,
        values=dict(combination.values),
        changes=changed,
        mean=spread.mean,
        spread=spread.spread,
        seeds=list(job.variation.seeds),
        scores=scores,
        baseline=mean(baselines) if baselines else None,
        failed=len(failures),
        message=failures[0].message if failures else "",
    )


def _scores_of(job: SweepJob, number: int, results: Sequence[SweepScore]) -> list[float | None]:
    """Return the scores of a combination in the order of the seeds."""
    by_seed = {result.seed: result.score for result in results if result.combination == number}
    return [by_seed.get(seed) for seed in job.variation.seeds]


def _rank(result: CombinationResult) -> tuple[bool, float, int]:
    """Return a key that sorts the best combination first. Combinations with failed trainings come last."""
    lacks_some = any(score is None for score in result.scores)
    return lacks_some, -result.mean if result.mean is not None else float("inf"), result.combination


def _find_metric(results: Sequence[SweepScore]) -> Metric:
    """Return the metric of the first training that has a score."""
    return next(Metric(result.metric) for result in results if result.score is not None)


def _describe_best(ranked: Sequence[CombinationResult], metric: Metric, lead: SweepLead | None) -> str:
    best = ranked[0]
    assert best.mean is not None
    text = f"Best of {len(ranked)}: {_name(best.values)}" if best.values else "The spec as it is"
    spread = "" if best.spread is None else f" ± {metric.format_value(best.spread)} over {len(best.seeds)} seeds"
    text += f", with {metric.format_value(best.mean)} {metric.label_in_text}{spread}"
    text += " on training rows that it was not trained on"
    if best.test_mean is not None:
        text += f", and {metric.format_value(best.test_mean)} on the test rows"
    if lead is not None and not lead.distinguishable and ranked[1].values:
        text += f"; {_name(ranked[1].values)} cannot be told from it by these seeds"
    return f"{text}."


def _find_lead(ranked: Sequence[CombinationResult]) -> SweepLead | None:
    """Return the lead of the best combination. None with a single seed, or if a training failed."""
    if len(ranked) < 2 or len(ranked[0].seeds) < 2:
        return None
    best, second = ([score for score in each.scores if score is not None] for each in ranked[:2])
    if not len(best) == len(second) == len(ranked[0].seeds):
        return None
    gain = compare_paired(best, second)
    return SweepLead(gain=gain.gain, margin=gain.margin, distinguishable=gain.is_distinguishable)


def _describe_gain(gain: Gain, metric: Metric, pairs: int, seeds: int) -> str:
    sizes = f"{metric.format_value(gain.mean)} and {metric.format_value(gain.other_mean)} {metric.label_in_text}"
    verdict = (
        f"{'better' if gain.gain > 0 else 'worse'} by more than seeds explain"
        if gain.is_distinguishable
        else "not distinguishable"
    )
    counted = f"{pairs} seeds" if pairs == seeds else f"the {pairs} of {seeds} seeds that gave both a score"
    return f"Gain {gain.gain:+.3g} ± {gain.margin:.2g}: {verdict}. On average over {counted}: {sizes}."


def _name(values: Mapping[str, Any]) -> str:
    return ", ".join(f"{path} {_shorten(value)}" for path, value in values.items())[:200]


def _shorten(value: Any) -> str:
    """Return the name of a layer, or any other value as text."""
    return str(value.get("layer", value)) if isinstance(value, Mapping) else str(value)
