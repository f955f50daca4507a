"""The run's state: fair claims, leases, numbered events that are written once, cancel, limits, strangers."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial
from unittest import mock
from unittest.mock import patch
from uuid import UUID, uuid4

from django.contrib.auth.models import User
from django.test import override_settings
from django.utils import timezone

from playground.wire.identity import Identity
from tests.together import at_once
from tests.training.cases import ALICE, BOB, STAFF, RunTestCase, catch_up, create_run, grow_older, wait_for_receivers
from training import runs
from training.exceptions import ArtifactNotFound, QueueFull, RunNotFound, TooManyRuns, TrainingDiverged, WorkerLost
from training.guest_transfer import transfer
from training.messages.events import EpochRow, TrainingProgress, TrainingResult
from training.messages.insights import TrainingInsights
from training.messages.runs import RunStatus
from training.models import Building, RunEvent, TrainingRun
from training.permissions import VIEW_RUNS
from training.runs.finish_signal import TRIED_FOR
from training.signals import run_finished
from training.spec import TrainingSpec
from training.updates import FilesStored, StoredFile

NETWORK = {"kind": "network", "confusion_matrix": [[1]], "sentence": "done", "metrics": {}, "baseline": {}}

ADA, EVE = Identity("user:100"), Identity("user:101")
HERE, THERE = "a" * 32, "b" * 32  # keys of addresses


def progress(run_id, *epochs: int) -> TrainingProgress:
    rows = [EpochRow(epoch=epoch, train_time=0.1, train_loss=1 / epoch, test_loss=1 / epoch) for epoch in epochs]
    return TrainingProgress(run_id=run_id, progress=epochs[-1], epochs=rows)


def result(run_id) -> TrainingResult:
    rows = [EpochRow(epoch=1, train_time=0.1, train_loss=1.0, test_loss=1.0)]
    return TrainingResult(
        run_id=run_id, success=True, status=200, message="done", dl_results=rows, auxiliary_outputs=NETWORK
    )


def get(run_id) -> TrainingRun:
    return TrainingRun.objects.get(pk=run_id)


class CreateTests(RunTestCase):
    def test_a_run_is_queued_with_a_seed_and_a_position(self):
        first, second = create_run(), create_run(seed=5)
        self.assertEqual(get(first).status, RunStatus.QUEUED)
        self.assertEqual(get(first).spec["seed"], get(first).seed)
        self.assertEqual(get(second).seed, 5)
        third = uuid4()
        position = runs.create(BOB, TrainingSpec(default="IRIS"), data="", model="", dataset=None, run_id=third)
        self.assertEqual(position, 3)

    @override_settings(TRAINING_MAX_ACTIVE_RUNS_PER_OWNER=2)
    def test_an_owner_may_have_so_many_active_runs_and_no_more(self):
        create_run(), create_run(), create_run(BOB)
        with self.assertRaises(TooManyRuns):
            create_run()

    @override_settings(TRAINING_MAX_ACTIVE_RUNS_PER_OWNER=2)
    def test_an_owner_who_asks_for_many_at_once_gets_no_more(self):
        def ask() -> None:
            with contextlib.suppress(TooManyRuns):
                create_run()

        at_once([ask] * 8)
        self.assertEqual(TrainingRun.objects.count(), 2)

    @override_settings(TRAINING_MAX_QUEUED=2)
    def test_the_queue_takes_in_so_many_and_no_more(self):
        create_run(ADA), create_run(EVE)
        with self.assertRaises(QueueFull):
            create_run(EVE)
        runs.claim_next("engine")
        create_run(EVE)

    @override_settings(TRAINING_MAX_QUEUED=4)
    def test_guests_together_leave_a_part_of_the_queue_to_accounts(self):
        create_run(), create_run(BOB)
        for guest in (ALICE, BOB, Identity("guest:carol", address=HERE), Identity("guest:dan", address=THERE)):
            with self.assertRaisesMessage(QueueFull, "guests"):
                create_run(guest)
        create_run(ADA), create_run(EVE)

    @override_settings(TRAINING_MAX_QUEUED=4)
    def test_accounts_at_one_address_leave_a_part_of_the_queue_to_others(self):
        one, two, three = (Identity(f"user:{number}", address=HERE) for number in (1, 2, 3))
        create_run(one), create_run(two)
        with self.assertRaisesMessage(QueueFull, "your address"):
            create_run(three)
        create_run(Identity("user:4", address=THERE))
        runs.request_cancel(TrainingRun.objects.filter(owner=one.owner).get().pk)
        create_run(three)

    @override_settings(TRAINING_MAX_ACTIVE_RUNS_PER_ADDRESS=3)
    def test_guests_at_one_address_share_a_bound_on_active_runs(self):
        first = Identity("guest:0", address=HERE)
        create_run(first), create_run(first), create_run(Identity("guest:1", address=HERE))
        with self.assertRaises(TooManyRuns) as caught:
            create_run(first)
        self.assertIn("sign in", caught.exception.data.hint)
        create_run(Identity("guest:0", address=THERE))
        create_run(Identity("user:1", address=HERE))

    @override_settings(TRAINING_MAX_ACTIVE_RUNS_PER_ADDRESS=3)
    def test_guests_without_a_run_may_begin_one_until_their_address_has_twice_as_many(self):
        first = Identity("guest:0", address=HERE)
        for _ in range(3):
            create_run(first)
        for number in range(1, 4):
            create_run(Identity(f"guest:{number}", address=HERE))
        with self.assertRaisesMessage(TooManyRuns, "6 runs"):
            create_run(Identity("guest:4", address=HERE))

    @override_settings(TRAINING_MAX_ACTIVE_RUNS_PER_ADDRESS=2)
    def test_guests_who_ask_at_once_get_no_more_than_their_address(self):
        def ask(number: int) -> None:
            with contextlib.suppress(TooManyRuns):
                create_run(Identity(f"guest:{number}", address=HERE))

        at_once([partial(ask, number) for number in range(8)])
        self.assertEqual(TrainingRun.objects.count(), 4)  # twice the limit, since each of them has none

    @override_settings(TRAINING_MAX_RUNS_PER_ADDRESS=2)
    def test_guests_at_one_address_share_a_bound_on_kept_runs(self):
        for number in range(4):
            runs.request_cancel(create_run(Identity(f"guest:{number}", address=HERE)))
        for number in (0, 4):
            with self.assertRaises(TooManyRuns):
                create_run(Identity(f"guest:{number}", address=HERE))
        create_run(Identity("guest:4", address=THERE))

    def test_the_address_of_an_account_is_forgotten_when_its_run_ends(self):
        of_user, of_guest = create_run(Identity("user:1", address=HERE)), create_run(Identity("guest:1", address=HERE))
        kept = TrainingRun.objects.exclude(address_key="")
        self.assertEqual(set(kept.values_list("pk", flat=True)), {of_user, of_guest})
        for run_id in (of_user, of_guest):
            runs.request_cancel(run_id)
        self.assertEqual(kept.get().pk, of_guest)

    def test_signing_up_does_not_empty_the_queue_of_an_address(self):
        user = User.objects.create_user("ada")
        guest = Identity("guest:1", address=HERE)
        over, waiting = create_run(guest), create_run(guest)
        runs.request_cancel(over)
        transfer(guest.owner, user)
        self.assertEqual(TrainingRun.objects.exclude(address_key="").get().pk, waiting)

    @override_settings(TRAINING_MAX_RUNS_PER_OWNER=2)
    def test_an_owner_may_keep_so_many_runs_and_no_more(self):
        for run_id in (create_run(), create_run()):
            runs.request_cancel(run_id)
        with self.assertRaises(TooManyRuns):
            create_run()

    def test_a_stranger_finds_nothing_and_staff_find_it(self):
        run_id = create_run()
        self.assertEqual(runs.get_run(ALICE, run_id).pk, run_id)
        self.assertEqual(runs.get_run(STAFF, run_id, VIEW_RUNS).pk, run_id)
        with self.assertRaises(RunNotFound):
            runs.get_run(STAFF, run_id)  # where no permission is named, only the owner may
        for identity, wanted in ((BOB, run_id), (ALICE, uuid4())):
            with self.assertRaises(RunNotFound) as caught:
                runs.get_run(identity, wanted)
            self.assertEqual(caught.exception.message, "There is no such run.")  # the same for both

    def test_runs_are_listed_newest_first_in_pages_and_never_a_strangers(self):
        mine = [create_run() for _ in range(5)]
        create_run(BOB)
        first = runs.list_runs(ALICE, limit=3, before=None)
        rest = runs.list_runs(ALICE, limit=3, before=first[-1].run_id)
        self.assertEqual([summary.run_id for summary in first + rest], mine[::-1])
        with self.assertRaises(RunNotFound):
            runs.list_runs(BOB, limit=3, before=mine[0])


class ClaimTests(RunTestCase):
    def test_a_second_worker_cannot_claim_a_run(self):
        run_id = create_run()
        self.assertIsNotNone(runs.claim(run_id, "one"))
        self.assertIsNone(runs.claim(run_id, "two"))

    def test_of_many_who_claim_at_once_each_run_goes_to_one(self):
        expected = {create_run() for _ in range(12)}
        claimed: list = []

        def work(engine_id: str) -> None:
            while (claim := runs.claim_next(engine_id)) is not None or TrainingRun.objects.filter(
                status="queued"
            ).exists():
                if claim is not None:
                    claimed.append(claim.run_id)

        at_once([partial(work, f"engine-{number}") for number in range(6)])
        self.assertEqual(len(claimed), 12)
        self.assertEqual(set(claimed), expected)

    def test_owners_take_turns_however_many_runs_one_has(self):
        alices = [create_run() for _ in range(4)]
        bobs = [create_run(BOB) for _ in range(2)]
        order = [runs.claim_next("engine").run_id for _ in range(6)]
        self.assertEqual(order, [alices[0], bobs[0], alices[1], bobs[1], alices[2], alices[3]])

    def test_guests_at_one_address_take_turns_as_one_account(self):
        guests = [create_run(Identity(f"guest:{number}", address=HERE)) for number in range(4)]
        others = [create_run(ADA), create_run(ADA), create_run(Identity("guest:4", address=THERE))]
        order = [runs.claim_next("engine").run_id for _ in range(7)]
        self.assertEqual(order, [guests[0], others[0], others[2], guests[1], others[1], guests[2], guests[3]])

    def test_many_accounts_of_one_address_leave_half_of_the_workers_to_others(self):
        crowd = [create_run(Identity(f"user:{number}", address=HERE)) for number in range(6)]
        adas = [create_run(Identity(ADA.owner, address=THERE)) for _ in range(3)]
        claims = [runs.claim_next("engine"), runs.claim_next("engine")]
        order = [claim.run_id for claim in claims]
        for _ in range(4):  # two workers, whose runs end in turns
            runs.fail(claims.pop(0), WorkerLost("over"))
            claims.append(runs.claim_next("engine"))
            order.append(claims[-1].run_id)
        self.assertEqual(order, [crowd[0], adas[0], crowd[1], adas[1], crowd[2], adas[2]])

    def test_one_worker_serves_an_account_next_however_many_guests_wait(self):
        guests = [create_run(Identity(f"guest:{number}", address=HERE)) for number in range(3)]
        users = [create_run(ADA), create_run(ADA)]
        order = []
        for _ in range(5):
            claim = runs.claim_next("engine")
            order.append(claim.run_id)
            runs.fail(claim, WorkerLost("over"))
        self.assertEqual(order, [guests[0], users[0], guests[1], users[1], guests[2]])

    def test_turns_are_kept_when_runs_end_at_once(self):
        for _ in range(4):
            create_run()
        for _ in range(2):
            create_run(BOB)
        owners = []
        for _ in range(4):  # one worker: no run is active when the next one is claimed
            claim = runs.claim_next("engine")
            owners.append(get(claim.run_id).owner)
            runs.record(claim, [result(claim.run_id)])
        self.assertEqual(owners, ["guest:alice", "guest:bob", "guest:alice", "guest:bob"])

    def test_a_lapsed_lease_puts_the_run_back_and_silences_who_held_it(self):
        run_id = create_run()
        lost = runs.claim_next("lost")
        runs.take_back_expired()
        self.assertEqual(get(run_id).status, RunStatus.RUNNING)  # not yet lapsed
        TrainingRun.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
        runs.take_back_expired()
        self.assertEqual(get(run_id).status, RunStatus.QUEUED)
        self.assertIsNotNone(runs.claim_next("other"))
        self.assertFalse(runs.record(lost, [progress(run_id, 1)]))
        self.assertEqual(get(run_id).last_epoch, 0)

    def test_renewing_keeps_a_lease_and_tells_of_cancels(self):
        run_id = create_run()
        claim = runs.claim_next("engine")
        TrainingRun.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
        self.assertEqual(runs.renew([claim]), set())
        self.assertGreater(get(run_id).lease_until, timezone.now())
        runs.request_cancel(run_id)
        self.assertEqual(runs.renew([claim]), {run_id})

    @patch("training.runs.leases.MAX_ATTEMPTS", 2)
    def test_a_run_that_kills_its_workers_fails_with_a_reason_in_the_end(self):
        run_id = create_run()
        for _ in range(2):
            runs.give_back(runs.claim_next("engine"))
        run = get(run_id)
        self.assertEqual(run.status, RunStatus.FAILED)
        self.assertEqual(RunEvent.objects.get(run=run).data["code"], "worker_lost")

    @patch("training.runs.leases.MAX_ATTEMPTS", 2)
    def test_headway_gives_a_run_new_attempts(self):
        run_id = create_run()
        for epoch in range(1, 6):
            claim = runs.claim_next("engine")
            runs.record(claim, [progress(run_id, epoch)])
            runs.give_back(claim)
        self.assertEqual(get(run_id).status, RunStatus.QUEUED)


class RecordTests(RunTestCase):
    def setUp(self) -> None:
        self.run_id = create_run()
        self.claim = runs.claim_next("engine")

    def test_events_are_numbered_in_order_and_replayed_after_a_number(self):
        runs.record(self.claim, [progress(self.run_id, 1), progress(self.run_id, 2, 3)])
        runs.record(self.claim, [result(self.run_id)])
        events = runs.read_events(self.run_id, 0)
        self.assertEqual([(seq, event) for seq, event, _ in events], [
            (1, "trainingProgress"), (2, "trainingProgress"), (3, "trainingResult"),
        ])  # fmt: skip
        self.assertEqual([data["seq"] for _, _, data in events], [1, 2, 3])
        self.assertEqual([seq for seq, *_ in runs.read_events(self.run_id, 2)], [3])
        self.assertEqual(runs.read_last([self.run_id, uuid4()]), {self.run_id: 3})

    def test_epochs_of_an_earlier_attempt_are_not_repeated(self):
        runs.record(self.claim, [progress(self.run_id, 1, 2, 3)])
        runs.give_back(self.claim)
        again = runs.claim_next("engine")
        runs.record(again, [progress(self.run_id, 1, 2), progress(self.run_id, 3, 4), progress(self.run_id, 5)])
        self.assertEqual([row.epoch for row in runs.read_epochs(self.run_id)], [1, 2, 3, 4, 5])

    def test_nothing_is_recorded_after_the_end(self):
        runs.record(self.claim, [result(self.run_id)])
        runs.record(self.claim, [progress(self.run_id, 9), result(self.run_id)])
        runs.fail(self.claim, TrainingDiverged("too late"))
        self.assertEqual(get(self.run_id).last_seq, 1)
        self.assertEqual(get(self.run_id).status, RunStatus.SUCCEEDED)

    def test_a_failure_says_what_to_change(self):
        runs.fail(self.claim, TrainingDiverged("It blew up."))
        data = runs.read_events(self.run_id, 0)[0][2]
        self.assertEqual((data["success"], data["status"], data["code"]), (False, 400, "diverged"))
        self.assertIn("learning rate", data["hint"])
        self.assertEqual(get(self.run_id).message, "It blew up.")

    def test_other_apps_hear_of_the_end_once(self):
        heard = self.hear_of_ends()
        runs.record(self.claim, [progress(self.run_id, 1)])
        runs.record(self.claim, [result(self.run_id)])
        runs.record(self.claim, [result(self.run_id)])
        wait_for_receivers()
        self.assertEqual(heard, [(self.run_id, RunStatus.SUCCEEDED)])

    def test_other_apps_hear_of_an_end_in_a_process_that_ends(self):
        heard = self.hear_of_ends()
        ended = ThreadPoolExecutor()
        ended.shutdown()
        with mock.patch("training.runs.finish_signal._sender", ended):
            runs.record(self.claim, [result(self.run_id)])
        self.assertEqual(heard, [(self.run_id, RunStatus.SUCCEEDED)])

    def test_an_end_that_nobody_was_told_of_is_told_by_whoever_finds_it_and_once(self):
        heard = self.hear_of_ends()
        with mock.patch("training.runs.recording.send_finished"):
            runs.record(self.claim, [result(self.run_id)])
        self.assertEqual(runs.resend_missed(), [])  # left to the process that recorded it
        grow_older()
        for told in runs.resend_missed() + runs.resend_missed():
            told.result(timeout=30)
        self.assertEqual(heard, [(self.run_id, RunStatus.SUCCEEDED)])
        self.assertIsNone(get(self.run_id).tell_by)

    def test_the_longer_a_receiver_fails_the_rarer_it_is_asked(self):
        self.hear_of_ends(mock.Mock(side_effect=OSError))
        with self.assertLogs("django.dispatch", "ERROR"):
            runs.record(self.claim, [result(self.run_id)])
            wait_for_receivers()
            pauses = []
            for minutes in (0, 3, 60):
                now = timezone.now()
                TrainingRun.objects.update(finished=now - timedelta(minutes=minutes))
                grow_older()
                catch_up()
                pauses.append((get(self.run_id).tell_by - now).total_seconds() / 60)
        for pause, expected in zip(pauses, (0.5, 3, 10), strict=True):
            self.assertAlmostEqual(pause, expected, delta=0.2)

    def test_an_end_is_told_again_while_a_receiver_fails_but_not_for_ever(self):
        heard = self.hear_of_ends(mock.Mock(side_effect=[OSError, OSError, None]))
        with self.assertLogs("django.dispatch", "ERROR"):
            runs.record(self.claim, [result(self.run_id)])
            wait_for_receivers()
            grow_older()
            catch_up()
        TrainingRun.objects.update(finished=timezone.now() - TRIED_FOR)
        grow_older()
        self.assertEqual(runs.resend_missed(), [])
        TrainingRun.objects.update(finished=timezone.now())
        for _ in range(2):
            catch_up()
        self.assertEqual(heard, [(self.run_id, RunStatus.SUCCEEDED)] * 3)

    def hear_of_ends(self, then: Callable[[], object] = lambda: None) -> list[tuple[UUID, RunStatus]]:
        """Which grows with every end of this run that is heard of; `then` follows, and may fail."""
        heard = []

        def hear(**arguments) -> None:
            if arguments["run_id"] == self.run_id:
                heard.append((arguments["run_id"], arguments["status"]))
                then()

        run_finished.connect(hear)
        self.addCleanup(run_finished.disconnect, hear)
        return heard


class CancelTests(RunTestCase):
    def test_a_queued_run_is_cancelled_at_once(self):
        run_id = create_run()
        runs.request_cancel(run_id)
        self.assertEqual(get(run_id).status, RunStatus.CANCELLED)
        self.assertEqual(runs.read_events(run_id, 0)[0][1], "trainingCancelled")
        self.assertIsNone(runs.claim_next("engine"))

    def test_a_run_whose_worker_is_lost_while_it_is_cancelled_is_cancelled(self):
        run_id = create_run()
        claim = runs.claim_next("engine")
        runs.request_cancel(run_id)
        self.assertEqual(get(run_id).status, RunStatus.RUNNING)
        runs.give_back(claim)
        self.assertEqual(get(run_id).status, RunStatus.CANCELLED)

    def test_a_run_that_is_over_stays_as_it_is(self):
        run_id = create_run()
        runs.record(runs.claim_next("engine"), [result(run_id)])
        runs.request_cancel(run_id)
        self.assertEqual(get(run_id).status, RunStatus.SUCCEEDED)


class FileTests(RunTestCase):
    def setUp(self) -> None:
        self.run_id = create_run()
        claim = runs.claim_next("engine")
        runs.record(claim, [result(self.run_id)])
        runs.record(claim, [FilesStored(self.run_id, (StoredFile("model.pt", "artifacts/x", 7),))])
        runs.give_back(claim)

    def build(self, claim, *names: str) -> None:
        files = tuple(StoredFile(name, f"artifacts/{name}", 3) for name in names)
        runs.record(claim, [FilesStored(self.run_id, files)])

    def test_the_result_promises_files_and_the_building_announces_them(self):
        promised = runs.read_events(self.run_id, 0)[0][2]["artifacts"]
        names = [file["name"] for file in promised]
        plots = ["loss.png", "accuracy.png", "confusion_matrix.png", "roc.png"]
        tables = ["results.csv", "predictions.csv"]
        self.assertEqual(names, ["model.pt", "model.onnx", "train.py", "train.ipynb", *tables, *plots, "report.html"])
        self.assertEqual({file["size"] for file in promised}, {None})
        to_build = runs.names_to_build(get(self.run_id))
        self.assertEqual(set(names) - set(to_build), {"model.pt", "predictions.csv"})
        claim = runs.claim_building("engine", urgent_only=False)
        self.build(claim, *to_build, "predictions.csv")
        runs.finish_building(claim, tried_all=True)
        _, event, data = runs.read_events(self.run_id, 1)[0]
        sizes = {file["name"]: file["size"] for file in data["artifacts"]}
        self.assertEqual((event, list(sizes)), ("trainingArtifacts", names))
        self.assertEqual((sizes["model.pt"], sizes["roc.png"]), (7, 3))
        self.assertIsNone(runs.claim_building("engine", urgent_only=False))

    def test_without_its_table_a_run_still_gets_what_needs_none(self):
        names = runs.names_to_build(get(self.run_id), has_table=False)
        self.assertEqual(set(names), {"results.csv", "loss.png", "accuracy.png", "confusion_matrix.png", "roc.png"})

    def test_insights_are_recorded_once_however_often_they_are_found_out(self):
        claim = runs.claim_building("engine", urgent_only=False)
        insights = TrainingInsights(run_id=self.run_id, metric="accuracy", score=1, rows=3, feature_importance=[])
        runs.record(claim, [insights])
        runs.record(claim, [insights])
        events = [event for _, event, _ in runs.read_events(self.run_id, 1)]
        self.assertEqual(events, ["trainingInsights"])

    def test_what_is_kept_for_the_server_alone_is_neither_listed_nor_given_out(self):
        claim = runs.claim_building("engine", urgent_only=False)
        self.build(claim, "preparation.skops")
        with self.assertRaises(ArtifactNotFound):
            runs.find_artifact(get(self.run_id), "preparation.skops")
        self.assertEqual([file.name for file in runs.describe_artifacts(get(self.run_id))], ["model.pt"])

    def test_only_one_builds(self):
        self.assertIsNotNone(runs.claim_building("one", urgent_only=False))
        self.assertIsNone(runs.claim_building("two", urgent_only=False))

    def test_a_download_hurries_the_building_up(self):
        self.assertIsNone(runs.claim_building("engine", urgent_only=True))
        self.assertIsNone(runs.find_artifact(get(self.run_id), "loss.png"))
        self.assertEqual(get(self.run_id).building, Building.URGENT)
        self.assertIsNotNone(runs.claim_building("engine", urgent_only=True))

    def test_files_that_the_run_never_had_are_not_found(self):
        for name in ("model.skops", "../../settings.py", "", "model.pt\x00", "x" * 500):
            with self.subTest(name=name[:20]), self.assertRaises(ArtifactNotFound):
                runs.find_artifact(get(self.run_id), name)

    @patch("training.runs.leases.MAX_ATTEMPTS", 2)
    def test_files_are_given_up_after_some_workers_were_lost_over_them(self):
        for _ in range(2):
            runs.finish_building(runs.claim_building("engine", urgent_only=False), tried_all=False)
        self.assertIsNone(runs.claim_building("engine", urgent_only=False))
        with self.assertRaises(ArtifactNotFound):
            runs.find_artifact(get(self.run_id), "loss.png")
        self.assertEqual([file.name for file in runs.describe_artifacts(get(self.run_id))], ["model.pt"])

    def test_files_that_a_worker_could_not_make_are_given_up_at_once(self):
        runs.finish_building(runs.claim_building("engine", urgent_only=False), tried_all=True)
        self.assertIsNone(runs.claim_building("engine", urgent_only=False))
        with self.assertRaises(ArtifactNotFound):
            runs.find_artifact(get(self.run_id), "loss.png")
