"""The statistics of a sweep's scores, and its stored row and events. No worker, no training."""

from __future__ import annotations

from typing import Any
from unittest import mock
from unittest.mock import patch
from uuid import uuid4

from asgiref.sync import async_to_sync
from django.test import SimpleTestCase, TransactionTestCase, override_settings

from tests.training.test_sweeps import create_sweep, result_of
from training import runs
from training.consumers.run_stream import RunStream
from training.datasets.sources import Builtin
from training.events import StoredEvent
from training.exceptions import TimeLimitReached
from training.jobs.from_rows import build_training_job
from training.jobs.jobs import SweepJob
from training.limits import Limits
from training.messages.runs import RunStatus
from training.messages.sweeps import SweepProgress, SweepResult, SweepScore
from training.models import TrainingRun
from training.spec import TrainingSpec
from training.sweeps.variation import parse_variation
from training.work.sweeps import run_sweep

ROWS = "on training rows that it was not trained on, and 75.0% on the test rows"
RATES = [0.1, 0.01, 0.001]


def score(number: int, seed: int, value: float | None, message: str = "") -> SweepScore:
    """As of a sweep over RATES. None: it failed."""
    values = {"learning_rate": RATES[number]}
    return SweepScore(
        combination=number, values=values, seed=seed, metric="accuracy", score=value, baseline=0.5, message=message
    )


class RankingTests(SimpleTestCase):
    def finish(self, *scores: tuple[float | None, ...]) -> SweepResult:
        """The result where every training is recorded already: one tuple a rate, one score a seed."""
        spec = TrainingSpec(default="IRIS", seed=0)
        vary: dict[str, Any] = {"learning_rate": RATES[: len(scores)], "seed": list(range(len(scores[0])))}
        recorded = tuple(
            score(number, seed, value, "" if value is not None else "It diverged.")
            for number, values in enumerate(scores)
            for seed, value in enumerate(values)
        )
        run_id = uuid4()
        job = SweepJob(run_id, spec, parse_variation(spec, vary, 500), Builtin("IRIS"), Limits(), recorded)
        emitted: list[Any] = []
        with mock.patch("training.work.sweeps.score_on_test_rows", return_value=[0.75] * len(scores[0])):
            run_sweep(job, emitted.extend, lambda: False)
        (result,) = emitted
        return result

    def test_the_highest_mean_is_first_and_ties_keep_their_order(self):
        result = self.finish((0.5, 0.7), (0.9, 0.9), (0.6, 0.6))
        self.assertEqual([each.combination for each in result.combinations], [1, 0, 2])
        self.assertEqual([each.mean for each in result.combinations], [0.9, 0.6, 0.6])

    def test_only_the_chosen_combination_has_a_test_score(self):
        best, *others = self.finish((0.5, 0.7), (0.9, 0.9), (0.6, 0.6)).combinations
        self.assertEqual((best.test_scores, best.test_mean, best.test_spread), ([0.75, 0.75], 0.75, 0.0))
        self.assertEqual([(each.test_scores, each.test_mean) for each in others], [([], None)] * 2)

    def test_luck_with_one_seed_does_not_beat_what_never_fails(self):
        lucky, steady = (1.0, None, None), (0.8, 0.8, 0.8)
        result = self.finish(lucky, steady, (None, None, None))
        self.assertEqual([each.combination for each in result.combinations], [1, 0, 2])
        second, third = result.combinations[1:]
        self.assertEqual((second.failed, second.mean, second.spread, second.message), (2, 1.0, None, "It diverged."))
        self.assertEqual((third.failed, third.mean), (3, None))

    def test_the_sentence_says_whether_the_second_can_be_told_from_the_best(self):
        clear = self.finish((0.9, 0.91, 0.92), (0.5, 0.51, 0.53))
        self.assertEqual(
            clear.message, f"Best of 2: learning_rate 0.1, with 91.0% accuracy ± 1.0% over 3 seeds {ROWS}."
        )
        close = self.finish((0.9, 0.8, 0.7), (0.89, 0.79, 0.71))
        self.assertIn("learning_rate 0.01 cannot be told from it by these seeds", close.message)
        alone = self.finish((0.9,), (0.8,))
        leads = [each.lead and each.lead.distinguishable for each in (clear, close, alone)]
        self.assertEqual(leads, [True, False, None])
        self.assertAlmostEqual(clear.lead.gain, (0.9 + 0.91 + 0.92 - 0.5 - 0.51 - 0.53) / 3)
        self.assertEqual(alone.message, f"Best of 2: learning_rate 0.1, with 90.0% accuracy {ROWS}.")


class RecordTests(TransactionTestCase):
    def claim(self) -> runs.Claim:
        create_sweep({"learning_rate": RATES, "seed": [0, 1]})
        claim = runs.claim_next("engine")
        assert claim
        return claim

    def progress(self, claim: runs.Claim, *results: SweepScore) -> SweepProgress:
        return SweepProgress(run_id=claim.run_id, progress=50, done=3, total=6, results=list(results))

    def test_what_is_recorded_goes_along_with_the_next_order_and_counts_as_headway(self):
        claim = self.claim()
        TrainingRun.objects.update(attempts=3)
        scores = [score(0, 0, 0.25), score(1, 0, None, "It diverged."), score(2, 0, 1 / 3)]
        self.assertTrue(runs.record(claim, [self.progress(claim, *scores[:1])]))
        self.assertTrue(runs.record(claim, [self.progress(claim, *scores[1:])]))
        run = TrainingRun.objects.get()
        self.assertEqual((run.progress, run.attempts, run.last_seq), (50, 1, 2))
        runs.give_back(claim)
        order = build_training_job(claim.run_id)
        assert isinstance(order, SweepJob)
        self.assertEqual(order.recorded, tuple(scores))
        self.assertEqual(TrainingRun.objects.get().status, RunStatus.QUEUED)

    def test_what_ends_it_from_outside_ends_it_as_a_sweep(self):
        claim = self.claim()
        runs.fail(claim, TimeLimitReached("It took too long."))
        result = result_of(claim.run_id)
        self.assertEqual((result["success"], result["code"], result["combinations"]), (False, "time_limit", []))
        self.assertEqual(TrainingRun.objects.get().status, RunStatus.FAILED)

    @patch("training.runs.leases.MAX_ATTEMPTS", 1)
    def test_one_that_kills_its_workers_fails_as_a_sweep(self):
        claim = self.claim()
        runs.give_back(claim)
        self.assertEqual(result_of(claim.run_id)["code"], "worker_lost")

    def test_the_time_that_all_of_it_may_take_is_a_setting_of_its_own(self):
        with override_settings(TRAINING_MAX_SWEEP_SECONDS=7, TRAINING_MAX_SECONDS=3):
            self.assertEqual(build_training_job(self.claim().run_id).limits.seconds, 7)


class StreamTests(SimpleTestCase):
    def test_nothing_is_awaited_after_what_ends_a_run_of_any_kind(self):
        async def hear(event: str, **data: Any) -> bool:
            async def send(*_: Any) -> None:
                pass

            stream = RunStream(uuid4(), 0, send, lambda read: read)
            await stream.hear(1, [StoredEvent(1, event, data)])
            return stream.over

        for event in ("sweepResult", "trainingCompared", "trainingCancelled", "trainingArtifacts"):
            self.assertTrue(async_to_sync(hear)(event, success=True), event)
        for event in ("sweepProgress", "trainingProgress", "trainingResult"):
            self.assertFalse(async_to_sync(hear)(event, success=True), event)
        self.assertTrue(async_to_sync(hear)("sweepResult", success=False))
