"""Runs that are kept are renamed and deleted by their owner alone, and leave nothing behind."""

from __future__ import annotations

from uuid import uuid4

from channels.db import database_sync_to_async
from django.contrib.auth import get_user_model
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage

from playground.routing import build_application
from playground.wire.identity import Identity, owner_of
from tests.sockets import new_guest, open_socket
from tests.training.cases import ALICE, BOB, STAFF, EngineTestCase, RunTestCase, create_run, wait_until_files
from tests.training.test_runs import result
from training import runs
from training.exceptions import RunActive, RunNotFound
from training.models import Artifact, Dataset, RunEvent, TrainingRun
from training.updates import FilesStored, StoredFile

APPLICATION = build_application()


def store_file() -> StoredFile:
    content = ContentFile(b"weights")
    return StoredFile("model.pt", default_storage.save(f"artifacts/{uuid4().hex}-model.pt", content), 7)


class RenameTests(RunTestCase):
    def test_a_run_takes_its_new_name_on_one_line(self):
        run_id = create_run(custom_model_name="first")
        self.assertEqual(runs.rename(ALICE, run_id, "  my \n best  run "), "my best run")
        self.assertEqual(TrainingRun.objects.get(pk=run_id).name, "my best run")
        runs.rename(ALICE, run_id, "")
        self.assertEqual(str(TrainingRun.objects.get(pk=run_id)), "default network on IRIS")

    def test_nobody_renames_or_deletes_anothers_run(self):
        run_id = create_run(custom_model_name="mine")
        runs.request_cancel(run_id)
        for identity in (BOB, STAFF):
            with self.assertRaises(RunNotFound):
                runs.rename(identity, run_id, "yours")
            with self.assertRaises(RunNotFound):
                runs.delete(identity, run_id)
        self.assertEqual(TrainingRun.objects.get(pk=run_id).name, "mine")


class DeleteTests(RunTestCase):
    def test_a_run_goes_with_its_events_and_files(self):
        run_id, kept = create_run(), create_run(BOB)
        claim, file = runs.claim(run_id, "engine"), store_file()
        runs.record(claim, [result(run_id), FilesStored(run_id, (file,))])
        runs.delete(ALICE, run_id)
        self.assertEqual(list(TrainingRun.objects.values_list("pk", flat=True)), [kept])
        self.assertFalse(RunEvent.objects.filter(run=run_id).exists() or Artifact.objects.filter(run=run_id).exists())
        self.assertFalse(default_storage.exists(file.location))
        with self.assertRaises(RunNotFound):
            runs.delete(ALICE, run_id)

    def test_files_go_with_their_rows_also_where_somebody_deletes_the_account(self):
        user = get_user_model().objects.create_user("ada")
        run_id = create_run(Identity(owner_of(user.pk), user_id=user.pk))
        claim, file = runs.claim(run_id, "engine"), store_file()
        runs.record(claim, [result(run_id), FilesStored(run_id, (file,))])
        table = Dataset.objects.create(owner=owner_of(user.pk), user=user, name="t", size=1, file=store_file().location)
        user.delete()  # as the admin does
        self.assertFalse(TrainingRun.objects.filter(pk=run_id).exists())
        self.assertFalse(default_storage.exists(file.location) or default_storage.exists(table.file.name))

    def test_a_file_that_is_stored_after_its_run_was_deleted_is_deleted_too(self):
        run_id = create_run()
        claim = runs.claim(run_id, "engine")
        runs.record(claim, [result(run_id)])
        runs.delete(ALICE, run_id)
        late = store_file()
        self.assertFalse(runs.record(claim, [FilesStored(run_id, (late,))]))
        self.assertFalse(default_storage.exists(late.location))

    def test_a_run_under_way_is_stopped_first(self):
        waiting, training = create_run(), create_run()
        runs.claim(training, "engine")
        for run_id in (waiting, training):
            with self.assertRaises(RunActive) as caught:
                runs.delete(ALICE, run_id)
            self.assertIn("Stop it first", caught.exception.data.hint)
        runs.request_cancel(waiting)
        runs.delete(ALICE, waiting)
        self.assertEqual(list(TrainingRun.objects.values_list("pk", flat=True)), [training])


class SocketTests(EngineTestCase):
    async def test_over_the_socket_a_run_is_renamed_and_deleted_and_then_gone(self):
        client = await new_guest()
        async with open_socket(APPLICATION, client=client) as socket, open_socket(APPLICATION) as stranger:
            run_id = (await socket.ask("runTraining", default="IRIS", epochs=2))["data"]["run_id"]
            await socket.receive_until("trainingArtifacts")
            await database_sync_to_async(wait_until_files)(run_id)
            renamed = await socket.ask("renameTraining", run_id=run_id, name="mine")
            self.assertEqual((renamed["event"], renamed["data"]["name"]), ("trainingRenamed", "mine"))
            for event, more in (("renameTraining", {"name": "x"}), ("deleteTraining", {})):
                refused = await stranger.ask(event, run_id=run_id, **more)
                self.assertEqual(refused["data"]["code"], "run_not_found")
            too_long = await socket.ask("renameTraining", run_id=run_id, name="x" * 101)
            self.assertEqual(too_long["data"]["where"], "name")
            self.assertEqual((await socket.ask("deleteTraining", run_id=run_id))["event"], "trainingDeleted")
            self.assertEqual((await socket.ask("watchTraining", run_id=run_id))["data"]["code"], "run_not_found")
