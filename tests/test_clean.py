"""`manage.py clean`: what is no longer kept goes, with its files; what is under way, or kept, stays."""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import timedelta
from io import StringIO
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from django.contrib.auth import get_user_model
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.management import call_command
from django.test import override_settings
from django.utils import timezone

from notifications import mail_queue
from notifications.models import Attachment, CountedMail, EmailMessage, MailStatus
from playground.wire.identity import Identity, owner_of
from tests.notifications.cases import queue_text
from tests.together import at_once
from tests.training.cases import ALICE, RunTestCase, create_run, wait_for_receivers
from tests.training.test_runs import progress, result
from training import runs
from training.cleanup import list_cleanup_tasks
from training.exceptions import ArtifactNotFound
from training.models import Artifact, Building, Dataset, RunEvent, TrainingRun
from training.updates import FilesStored, StoredFile

OLD = timezone.now() - timedelta(days=100)
KEEP_ALL = {f"KEEP_{what}_DAYS": 0 for what in ("GUEST_RUNS", "USER_RUNS", "UNUSED_UPLOADS", "FILES", "EVENTS", "MAIL")}


def clean(**options: Any) -> dict[str, int]:
    """Return what the command reports as deleted, by kind."""
    wait_for_receivers()  # of what this test has ended
    out = StringIO()
    call_command("clean", stdout=out, **options)
    lines = [line.rsplit(": ", 1) for line in out.getvalue().splitlines()]
    return {what: int(count.split()[0]) for what, count in lines}


def store(name: str = "artifacts/x/model.pt", *, age: timedelta = timedelta(0)) -> str:
    location = default_storage.save(name, ContentFile(b"weights"))
    stamp = (timezone.now() - age).timestamp()
    os.utime(default_storage.path(location), (stamp, stamp))
    return location


def finish_run(identity: Identity = ALICE, *, ended: Any = OLD, events: int = 1) -> UUID:
    """A run that is over, with a file and its progress in so many events."""
    run_id = create_run(identity)
    claim = runs.claim(run_id, "engine")
    for epoch in range(1, events + 1):
        runs.record(claim, [progress(run_id, epoch)])
    runs.record(claim, [result(run_id), FilesStored(run_id, (StoredFile("model.pt", store(), 7),))])
    TrainingRun.objects.filter(pk=run_id).update(
        created=ended, finished=ended, building=Building.NOT_WANTED, lease_until=None
    )
    return run_id


def add_dataset(**fields: Any) -> Dataset:
    location = store(f"datasets/{uuid4()}.csv")
    dataset = Dataset.objects.create(owner=ALICE.owner, name="t", size=7, file=location)
    Dataset.objects.filter(pk=dataset.pk).update(created=OLD, **fields)
    return dataset


def count_files(folder: str) -> int:
    return sum(len(files) for _, _, files in os.walk(default_storage.path(folder)))


@override_settings(**KEEP_ALL)
class CleanTestCase(RunTestCase):
    def setUp(self) -> None:
        for folder in ("artifacts", "datasets"):  # what other tests have left there
            for place, _, files in os.walk(default_storage.path(folder)):
                for name in files:
                    (Path(place) / name).unlink()

    def left(self) -> set[UUID]:
        return set(TrainingRun.objects.values_list("pk", flat=True))


class RunTests(CleanTestCase):
    def test_with_zero_days_everything_is_kept_for_ever(self):
        run_id, dataset = finish_run(events=3), add_dataset()
        self.assertEqual(set(clean().values()), {0})
        self.assertEqual(self.left(), {run_id})
        self.assertTrue(default_storage.exists(dataset.file.name))

    @override_settings(KEEP_GUEST_RUNS_DAYS=90)
    def test_old_runs_of_guests_go_with_their_events_and_files_and_nobody_elses(self):
        user = get_user_model().objects.create_user("ada")
        old, young = finish_run(), finish_run(ended=timezone.now() - timedelta(days=89))
        of_user = finish_run(Identity(owner_of(user.pk), user_id=user.pk))
        of_terminal = finish_run(Identity("terminal"))
        self.assertEqual(clean()["runs of guests"], 1)
        self.assertEqual(self.left(), {young, of_user, of_terminal})
        self.assertFalse(RunEvent.objects.filter(run=old).exists())
        self.assertEqual(count_files("artifacts"), 3)

    @override_settings(KEEP_USER_RUNS_DAYS=90)
    def test_old_runs_of_users_go_by_a_setting_of_their_own(self):
        user = get_user_model().objects.create_user("ada")
        finish_run(Identity(owner_of(user.pk), user_id=user.pk))
        of_guest = finish_run()
        self.assertEqual(clean()["runs of users"], 1)
        self.assertEqual(self.left(), {of_guest})

    @override_settings(KEEP_ADDRESSES_DAYS=30)
    def test_old_addresses_are_forgotten_and_young_ones_are_kept(self):
        old, young = (create_run(Identity("guest:1", address="a" * 32)) for _ in range(2))
        TrainingRun.objects.filter(pk=old).update(created=timezone.now() - timedelta(days=31))
        self.assertEqual(clean()["addresses of runs"], 1)
        self.assertEqual(TrainingRun.objects.exclude(address_key="").get().pk, young)

    @override_settings(KEEP_GUEST_RUNS_DAYS=90, KEEP_EVENTS_DAYS=1, KEEP_FILES_DAYS=1)
    def test_what_is_under_way_stays_however_old_it_is(self):
        queued, running, building = create_run(), create_run(), finish_run(events=3)
        claim = runs.claim(running, "engine")
        for epoch in (1, 2):
            runs.record(claim, [progress(running, epoch)])
        TrainingRun.objects.filter(pk=building).update(building=Building.WANTED)
        TrainingRun.objects.update(created=OLD, started=OLD)
        self.assertEqual(set(clean().values()), {0})
        self.assertEqual(self.left(), {queued, running, building})
        self.assertEqual(RunEvent.objects.filter(run=running).count(), 2)
        self.assertEqual(count_files("artifacts"), 1)

    @override_settings(KEEP_GUEST_RUNS_DAYS=90, KEEP_UNUSED_UPLOADS_DAYS=90, KEEP_EVENTS_DAYS=1, KEEP_MAIL_DAYS=90)
    def test_a_dry_run_counts_and_leaves_everything(self):
        finish_run(events=3)
        add_dataset()
        store("artifacts/y/orphan.pt", age=timedelta(days=2))
        self.add_old_mail(MailStatus.SENT)
        rows = self.count_rows()
        told = clean(dry_run=True)
        self.assertEqual(self.count_rows(), rows)
        self.assertEqual(clean(), told | {"runs whose progress is packed": 0})  # that run has gone as a whole

    def add_old_mail(self, status: MailStatus) -> None:
        for _ in range(2):  # the last one stays
            EmailMessage.objects.filter(pk=queue_text().pk).update(created=OLD, status=status)

    def count_rows(self) -> list[int]:
        kept = [model.objects.count() for model in (TrainingRun, RunEvent, Artifact, Dataset, EmailMessage, Session)]
        return [*kept, count_files("artifacts"), count_files("datasets")]


class ProgressTests(CleanTestCase):
    @override_settings(KEEP_EVENTS_DAYS=30)
    def test_packed_progress_shows_every_epoch_and_the_same_result_in_fewer_rows(self):
        run_id, young = finish_run(events=40), finish_run(events=3, ended=timezone.now())
        epochs, shown = runs.read_epochs(run_id), runs.read_result(run_id)
        before = runs.read_events(run_id, 0)
        self.assertEqual(clean()["runs whose progress is packed"], 1)
        self.assertEqual(len(epochs), 40)
        self.assertEqual(runs.read_epochs(run_id), epochs)
        self.assertEqual(runs.read_result(run_id), shown)
        after = runs.read_events(run_id, 0)
        self.assertEqual([event for _, event, _ in after], ["trainingProgress", "trainingResult"])
        self.assertEqual([seq for seq, _, _ in after], [40, 41])
        self.assertEqual(after[0][2]["seq"], 40)
        self.assertEqual(after[1:], before[40:])
        self.assertEqual(RunEvent.objects.filter(run=young).count(), 4)
        self.assertEqual(clean()["runs whose progress is packed"], 0)


class FileTests(CleanTestCase):
    @override_settings(KEEP_FILES_DAYS=30)
    def test_old_files_go_and_the_result_stays_and_says_that_they_are_gone(self):
        run_id = finish_run()
        self.assertEqual(clean()["files of runs"], 1)
        self.assertEqual(count_files("artifacts"), 0)
        self.assertTrue(runs.read_result(run_id).success)
        with self.assertRaises(ArtifactNotFound):
            runs.find_artifact(TrainingRun.objects.get(pk=run_id), "model.pt")

    @override_settings(KEEP_UNUSED_UPLOADS_DAYS=90)
    def test_old_uploads_go_unless_a_run_uses_them(self):
        unused, used, young = add_dataset(), add_dataset(), add_dataset()
        Dataset.objects.filter(pk=young.pk).update(created=timezone.now())
        TrainingRun.objects.filter(pk=create_run()).update(dataset=used)
        self.assertEqual(clean()["uploads that no run uses"], 1)
        self.assertEqual(set(Dataset.objects.values_list("pk", flat=True)), {used.pk, young.pk})
        self.assertFalse(default_storage.exists(unused.file.name))
        self.assertEqual(count_files("datasets"), 2)

    def test_files_that_no_row_names_go_a_day_after_they_were_stored(self):
        two_days = timedelta(days=2)
        finish_run()
        kept = [Artifact.objects.get().file.name, add_dataset().file.name, store("artifacts/z/fresh.pt")]
        for name in kept[:2]:
            os.utime(default_storage.path(name), (0, 0))
        gone = [store("artifacts/z/model.pt", age=two_days), store("datasets/lost.csv", age=two_days)]
        self.assertEqual(clean()["files that no row names"], 2)
        self.assertEqual([default_storage.exists(name) for name in kept], [True] * 3)
        self.assertEqual([default_storage.exists(name) for name in gone], [False] * 2)

    def test_the_folder_that_a_deleted_run_leaves_goes_a_day_later(self):
        place = Path(default_storage.path(store("artifacts/w/model.pt", age=timedelta(days=2)))).parent
        clean()
        self.assertTrue(place.exists())
        clean()
        self.assertTrue(place.exists(), "somebody may be about to store a file there")
        os.utime(place, (0, 0))
        clean(dry_run=True)
        self.assertTrue(place.exists())
        clean()
        self.assertFalse(place.exists())


class MailTests(CleanTestCase):
    @override_settings(KEEP_MAIL_DAYS=90)
    def test_old_mail_that_is_over_goes_with_its_attachments_and_what_waits_stays(self):
        messages = {status: queue_text() for status in MailStatus}
        last = queue_text()
        for status, message in messages.items():
            EmailMessage.objects.filter(pk=message.pk).update(status=status, created=OLD)
            Attachment.objects.create(message=message, name="model.pt")
        EmailMessage.objects.filter(pk=last.pk).update(status=MailStatus.SENT, created=OLD)
        self.assertEqual(clean()["e-mails"], 4)
        left = set(EmailMessage.objects.all().values_list("status", flat=True))
        self.assertEqual(left, {MailStatus.QUEUED, MailStatus.SENDING})
        self.assertEqual(Attachment.objects.count(), 2)
        self.assertTrue(set(mail_queue.OVER).isdisjoint(left))

    def test_counts_of_mail_go_after_two_days_and_the_last_number_stays(self):
        for _ in range(3):
            queue_text()
        CountedMail.objects.filter(number__gt=1).update(created=OLD)
        self.assertEqual(clean()["counts of mail"], 1)
        self.assertEqual(set(CountedMail.objects.values_list("number", flat=True)), {1, 3})


class SessionTests(CleanTestCase):
    def test_expired_sessions_go_and_others_stay(self):
        for _ in range(2):
            SessionStore().create()
        Session.objects.filter(pk=Session.objects.first().pk).update(expire_date=OLD)
        self.assertEqual(clean()["expired sessions"], 1)
        self.assertEqual(Session.objects.count(), 1)


class TogetherTests(CleanTestCase):
    def work_together(self) -> list[int]:
        """How many rows each of two did away with, in small batches, both at once."""

        def work() -> int:
            return sum(replace(task, batch_size=2).run() for task in list_cleanup_tasks())

        return at_once([work] * 2)

    @override_settings(KEEP_GUEST_RUNS_DAYS=90)
    def test_two_at_once_share_the_work_and_neither_fails(self):
        for _ in range(16):
            finish_run()
        kept = finish_run(ended=timezone.now())
        wait_for_receivers()
        self.assertEqual(sum(self.work_together()), 16)
        self.assertEqual(self.left(), {kept})
        self.assertEqual(count_files("artifacts"), 1)

    @override_settings(KEEP_EVENTS_DAYS=1)
    def test_two_at_once_lose_no_epoch_and_keep_none_twice(self):
        packed = [finish_run(events=5) for _ in range(8)]
        wait_for_receivers()
        self.work_together()
        for run_id in packed:
            self.assertEqual([row.epoch for row in runs.read_epochs(run_id)], [1, 2, 3, 4, 5])
            self.assertEqual(RunEvent.objects.filter(run=run_id).count(), 2)
