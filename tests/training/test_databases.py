"""Differences between databases: text that some cannot store, and the visibility of concurrent writes."""

from __future__ import annotations

from functools import partial

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db.models.deletion import Collector
from django.test import SimpleTestCase

from playground.wire.storable_text import make_storable
from tests.together import at_once
from tests.training.cases import ALICE, RunTestCase, create_run
from tests.training.tables import read_text
from tests.training.test_runs import result
from training import runs
from training.models import Artifact, RunEvent, TrainingRun
from training.spec import TrainingSpec
from training.updates import CheckpointStored, FilesStored, StoredFile

NOBODY_STORES = ("\x00", "\ud800", "\udfff")


class TextTests(SimpleTestCase):
    def test_what_nobody_stores_is_replaced_however_deep_and_nothing_else(self):
        for character in NOBODY_STORES:
            value = {f"a{character}": [f"b{character}", {"c": f"{character}d"}], "e": (1, None, True, 0.5)}
            kept = {"a\ufffd": ["b\ufffd", {"c": "\ufffdd"}], "e": [1, None, True, 0.5]}
            self.assertEqual(make_storable(value), kept)
        for text in ("käufe 👩‍🔬\n\t", "", "\x01\ufffd"):
            self.assertEqual(make_storable(text), text)

    def test_a_spec_holds_what_can_be_stored_wherever_it_came_from(self):
        spec = TrainingSpec.model_validate(
            {
                "csvData": [{"a\x00": "\ud800", "b": 1}],
                "user_arch": [{"layer": "Linear", "\udfff": "\x00"}],
                "custom_model_name": "mine\x00",
            }
        )
        self.assertEqual(spec.csvData, ({"a\ufffd": "\ufffd", "b": 1},))
        self.assertEqual(spec.user_arch, ({"layer": "Linear", "\ufffd": "\ufffd"},))
        self.assertEqual(spec.custom_model_name, "mine\ufffd")

    def test_so_does_a_table_that_was_json_inside_of_json(self):
        table = read_text(r'[{"kind": "x\ud800", "b": 1}, {"kind": "y\u0000", "b": 2}]')
        self.assertEqual(table.frame["kind"].to_list(), ["x\ufffd", "y\ufffd"])


class StoredTextTests(RunTestCase):
    def test_a_run_and_its_events_are_stored_whatever_people_call_things(self):
        run_id = create_run(custom_model_name="a\x00", column_types={"b\ud800": "number"})
        stored = TrainingRun.objects.get(pk=run_id)
        self.assertEqual(stored.name, "a\ufffd")
        self.assertIn("b\ufffd", stored.spec["column_types"])
        claim = runs.claim(run_id, "engine")
        ended = result(run_id)
        update = {"category_list": ["c\x00", "d\ud800"], "spec": {"c\x00": 1.0}}
        outputs = ended.auxiliary_outputs.model_copy(update=update)
        self.assertTrue(
            runs.record(claim, [ended.model_copy(update={"auxiliary_outputs": outputs, "message": "e\x00"})])
        )
        data = RunEvent.objects.get(run_id=run_id, event="trainingResult").data["auxiliary_outputs"]
        self.assertEqual(data["category_list"], ["c\ufffd", "d\ufffd"])
        self.assertEqual(data["spec"], {"c\ufffd": 1.0})
        self.assertEqual(TrainingRun.objects.get(pk=run_id).message, "e\ufffd")
        self.assertEqual(runs.rename(ALICE, run_id, "f\x00 "), "f\ufffd")


class TogetherTests(RunTestCase):
    def test_as_many_who_ask_at_once_as_there_are_runs_get_one_each(self):
        queued = {create_run() for _ in range(8)}
        claimed = at_once([partial(runs.claim_next, f"engine-{number}") for number in range(len(queued))])
        self.assertEqual({claim.run_id for claim in claimed if claim is not None}, queued)

    def test_a_run_is_deleted_with_what_its_worker_stored_after_its_files_were_looked_up(self):
        run_id = create_run()
        claim = runs.claim(run_id, "engine")
        deletion = Collector(using="default")
        deletion.collect([TrainingRun.objects.get(pk=run_id)])
        locations = [default_storage.save(f"artifacts/{run_id}/{name}", ContentFile(b"1")) for name in ("a", "b")]
        stored = FilesStored(run_id, (StoredFile("model.pt", locations[0], 1),))
        self.assertTrue(runs.record(claim, [stored, CheckpointStored(run_id, locations[1], 1)]))
        deletion.delete()
        self.assertFalse(TrainingRun.objects.filter(pk=run_id).exists())
        self.assertFalse(Artifact.objects.filter(run_id=run_id).exists())
        self.assertEqual([default_storage.exists(location) for location in locations], [False, False])
