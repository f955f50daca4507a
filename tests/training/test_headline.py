"""The one number of a run that lists show: kept when it succeeds, and found again for earlier runs."""

from __future__ import annotations

import math
from importlib import import_module

from django.apps import apps
from django.test import TestCase

from tests.training.cases import ALICE, create_run
from training import runs
from training.messages.events import TrainingCancelled, TrainingResult
from training.messages.results import AuxiliaryOutputs
from training.models import TrainingRun
from training.runs.recording import read_headline

HEADLINE = {"metric": "r2", "value": 0.5, "baseline": -0.25}
OUTPUTS = {"kind": "network", "headline": HEADLINE}


def end_run(*, success: bool, outputs: dict) -> TrainingRun:
    run_id = create_run()
    claim = runs.claim(run_id, "engine")
    assert claim
    message = TrainingResult(run_id=run_id, success=success, status=200, message="", auxiliary_outputs=outputs)
    assert runs.record(claim, [message])
    return TrainingRun.objects.get(pk=run_id)


def headline_of(run: TrainingRun) -> dict:
    return {"metric": run.metric, "value": run.value, "baseline": run.baseline}


class HeadlineTests(TestCase):
    def test_a_run_that_succeeds_stores_its_headline_and_lists_show_it(self):
        run = end_run(success=True, outputs=OUTPUTS)
        self.assertEqual(headline_of(run), HEADLINE)
        (summary,) = runs.list_runs(ALICE, limit=5, before=None)
        self.assertEqual((summary.metric, summary.value, summary.baseline), ("r2", 0.5, -0.25))

    def test_a_run_that_fails_or_is_cancelled_has_no_headline(self):
        failed = end_run(success=False, outputs=OUTPUTS)
        stopped = create_run()
        claim = runs.claim(stopped, "engine")
        assert claim
        runs.record(claim, [TrainingCancelled(run_id=stopped)])
        for run in (failed, TrainingRun.objects.get(pk=stopped)):
            self.assertEqual(headline_of(run), {"metric": "", "value": None, "baseline": None})

    def test_undefined_numbers_are_stored_as_null(self):
        for number in (math.nan, math.inf, None):
            outputs = {"headline": {"metric": "r2", "value": number, "baseline": 0.0}}
            self.assertEqual(
                read_headline(AuxiliaryOutputs.model_validate(outputs)),
                {"metric": "r2", "value": None, "baseline": 0.0},
            )

    def test_earlier_runs_get_their_target_from_their_result_or_their_spec(self):
        earlier, failed = (
            end_run(success=True, outputs=OUTPUTS | {"target": "species"}),
            end_run(success=False, outputs=OUTPUTS),
        )
        TrainingRun.objects.update(target="")
        TrainingRun.objects.filter(pk=failed.pk).update(spec={"default": "WINE", "target": "cultivar"})
        import_module("training.migrations.0008_targets_of_runs").read_targets(apps, None)
        self.assertEqual(TrainingRun.objects.get(pk=earlier.pk).target, "species")
        self.assertEqual(TrainingRun.objects.get(pk=failed.pk).target, "cultivar")

    def test_earlier_runs_get_their_headline_from_their_results(self):
        earlier, failed = end_run(success=True, outputs=OUTPUTS), end_run(success=False, outputs=OUTPUTS)
        TrainingRun.objects.update(metric="", value=None, baseline=None)
        import_module("training.migrations.0003_runs_page").read_headlines(apps, None)
        earlier.refresh_from_db()
        failed.refresh_from_db()
        self.assertEqual(headline_of(earlier), HEADLINE)
        self.assertEqual(failed.metric, "")
