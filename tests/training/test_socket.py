"""The socket at /ws/training/ from outside, engine and all: runs, streams, checks, tables, and strangers."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from unittest.mock import patch
from uuid import uuid4

from asgiref.sync import sync_to_async
from channels.db import database_sync_to_async
from channels.testing import WebsocketCommunicator
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Permission
from django.test import Client, override_settings

from playground.routing import build_application
from tests.sockets import new_guest, open_socket
from tests.training.cases import EngineTestCase, wait_until_files
from training import broadcast
from training.artifacts.catalog import Facts, promised_names
from training.messages.runs import RunStatus
from training.models import TrainingRun

APPLICATION = build_application()
LONG = {"default": "IRIS", "epochs": 10_000, "batch_size": 1}
END = ("trainingResult", "trainingCancelled")


def epochs_of(frames) -> list[int]:
    return [row["epoch"] for frame in frames if frame["event"] == "trainingProgress" for row in frame["data"]["epochs"]]


def seqs_of(frames) -> list[int]:
    return [frame["data"]["seq"] for frame in frames if "seq" in frame["data"]]


@database_sync_to_async
def log_in(*permissions: str, **fields) -> Client:
    user = get_user_model().objects.create_user(username=f"user{uuid4().hex[:6]}", **fields)
    user.user_permissions.set(Permission.objects.filter(codename__in=permissions, content_type__app_label="training"))
    client = Client(headers={"host": "localhost"})
    client.force_login(user)
    return client


class StreamTests(EngineTestCase):
    async def start(self, socket, **fields) -> str:
        frame = await socket.ask("runTraining", **fields)
        self.assertEqual(frame["event"], "trainingQueued", frame)
        return frame["data"]["run_id"]

    async def test_a_run_arrives_whole_in_order_and_ends_with_its_files(self):
        async with open_socket(APPLICATION) as socket:
            run_id = await self.start(socket, default="IRIS", epochs=50)
            frames = await socket.receive_until("trainingArtifacts")
            self.assertEqual(epochs_of(frames), list(range(1, 51)))
            self.assertEqual(seqs_of(frames), list(range(1, len(frames) + 1)))
            self.assertEqual({frame["data"]["run_id"] for frame in frames}, {run_id})
            result = next(frame["data"] for frame in frames if frame["event"] == "trainingResult")
            self.assertTrue(result["success"])
            self.assertEqual(result["status"], 200)
            self.assertEqual(len(result["dl_results"]), 50)
            outputs = result["auxiliary_outputs"]
            self.assertEqual(sum(map(sum, outputs["confusion_matrix"])), 30)
            self.assertEqual(set(outputs["metrics"]), set(outputs["baseline"]))
            self.assertGreater(outputs["metrics"]["accuracy"], outputs["baseline"]["accuracy"])
            self.assertTrue(all(file["size"] for file in frames[-1]["data"]["artifacts"]))

    async def test_progress_says_how_far_and_how_long(self):
        async with open_socket(APPLICATION) as socket:
            await self.start(socket, default="DIGITS", epochs=60)
            frames = [
                frame["data"] for frame in await socket.receive_until(*END) if frame["event"] == "trainingProgress"
            ]
            self.assertGreater(len(frames), 1)
            self.assertEqual(sorted(data["progress"] for data in frames), [data["progress"] for data in frames])
            self.assertEqual((frames[-1]["progress"], frames[-1]["eta_seconds"]), (100, 0))
            self.assertGreater(frames[0]["eta_seconds"], 0)
            self.assertEqual(
                set(frames[0]["epochs"][0]),
                {"epoch", "train_time", "train_loss", "test_loss", "val_loss", "train_acc", "val/test acc"},
            )

    async def test_an_estimator_takes_the_same_path(self):
        async with open_socket(APPLICATION) as socket:
            await self.start(socket, default="WINE", user_model="RandomForestClassifier(max_depth=3)")
            frames = await socket.receive_until("trainingArtifacts")
            names = [file["name"] for file in frames[-1]["data"]["artifacts"]]
            self.assertEqual(names[0], "model.skops")
            self.assertEqual(set(names), set(promised_names(Facts(False, True, has_curves=True))))

    async def test_inline_data_is_trained_on(self):
        records = [{"x": n, "colour": "red" if n % 3 else None, "y": "ab"[n >= 30]} for n in range(60)]
        async with open_socket(APPLICATION) as socket:
            await self.start(socket, csvData=records, target="y", epochs=20)
            result = (await socket.receive_until(*END))[-1]["data"]
            self.assertTrue(result["success"], result)

    async def test_whoever_comes_back_gets_what_was_missed_once_and_in_order(self):
        client = await new_guest()
        async with open_socket(APPLICATION, client=client) as socket:
            run_id = await self.start(socket, default="IRIS", epochs=600, batch_size=16)
            first = await socket.receive_until("trainingProgress")
        seen = seqs_of(first)[-1]
        async with open_socket(APPLICATION, client=client) as socket:
            await socket.send("watchTraining", run_id=run_id, after_seq=seen)
            rest = await socket.receive_until(*END, timeout=60)
        self.assertEqual(epochs_of(first + rest), list(range(1, 601)))
        self.assertEqual(seqs_of(first + rest), list(range(1, len(first + rest) + 1)))

    async def test_a_finished_run_is_replayed_from_its_log(self):
        client = await new_guest()
        async with open_socket(APPLICATION, client=client) as socket:
            run_id = await self.start(socket, default="IRIS", epochs=10)
            live = await socket.receive_until("trainingArtifacts")
        async with open_socket(APPLICATION, client=client) as socket:
            await socket.send("watchTraining", run_id=run_id)
            self.assertEqual(await socket.receive_until("trainingArtifacts"), live)

    async def test_two_tabs_of_one_guest_see_the_same(self):
        client = await new_guest()
        async with open_socket(APPLICATION, client=client) as one, open_socket(APPLICATION, client=client) as two:
            run_id = await self.start(one, default="IRIS", epochs=300)
            await two.send("watchTraining", run_id=run_id)
            first, second = await one.receive_until(*END), await two.receive_until(*END)
            self.assertEqual(epochs_of(first), epochs_of(second))

    async def test_a_lost_broadcast_loses_nothing(self):
        with patch("playground.wire.groups.RECONCILE_SECONDS", 0.2):
            async with open_socket(APPLICATION) as socket:
                deaf = broadcast.send_events
                broadcast.send_events = lambda *_: None  # as if the layer had dropped every message
                try:
                    await self.start(socket, default="IRIS", epochs=30)
                    frames = await socket.receive_until("trainingArtifacts")
                finally:
                    broadcast.send_events = deaf
                self.assertEqual(epochs_of(frames), list(range(1, 31)))

    async def test_a_run_is_cancelled_from_the_socket(self):
        async with open_socket(APPLICATION) as socket:
            run_id = await self.start(socket, **LONG)
            await socket.receive_until("trainingProgress")
            await socket.send("cancelTraining", run_id=run_id)
            frames = await socket.receive_until(*END)
            self.assertEqual(frames[-1]["event"], "trainingCancelled")
            run = await TrainingRun.objects.aget(pk=run_id)
            self.assertEqual(run.status, RunStatus.CANCELLED)

    async def test_a_spec_with_an_error_is_refused_as_the_check_says(self):
        spec = {"default": "IRIS", "user_arch": ["nn.Linear(9, 3)"]}
        async with open_socket(APPLICATION) as socket:
            problems = (await socket.ask("checkTraining", **spec))["data"]["problems"]
            refused = await socket.ask("runTraining", **spec)
            self.assertEqual(refused["event"], "error")
            for name in ("code", "where", "message", "hint"):
                self.assertEqual(refused["data"][name], problems[0][name])
            self.assertEqual(await TrainingRun.objects.acount(), 0)

    async def test_the_check_shows_shapes_parameters_and_the_table(self):
        async with open_socket(APPLICATION) as socket:
            data = (await socket.ask("checkTraining", default="IRIS", user_arch=["Linear(8)", "ReLU()", "Linear(3)"]))[
                "data"
            ]
            self.assertEqual([layer["output_shape"] for layer in data["layers"]], [[8], [8], [3]])
            self.assertEqual((data["rows"], data["columns"], data["parameters"]), (150, 5, 4 * 8 + 8 + 8 * 3 + 3))
            self.assertEqual(data["problems"], [])

    async def test_a_check_without_a_table_says_so(self):
        async with open_socket(APPLICATION) as socket:
            data = (await socket.ask("checkTraining", user_arch=["Linear(8)"]))["data"]
            self.assertEqual(data["problems"][0]["code"], "no_data")

    async def test_tables_are_listed_and_described(self):
        async with open_socket(APPLICATION) as socket:
            names = [table["name"] for table in (await socket.ask("listDatasets"))["data"]["datasets"]]
            self.assertEqual(len(names), 10)
            data = (await socket.ask("describeDataset", default="breast_cancer"))["data"]
            self.assertEqual((data["name"], data["rows"], len(data["columns"])), ("BREAST CANCER", 569, 31))
            error = await socket.ask("describeDataset", default="TITANIC")
            self.assertEqual(error["data"]["code"], "unknown_dataset")
            error = await socket.ask("describeDataset")
            self.assertEqual(error["data"]["code"], "invalid_data")

    async def test_tables_are_read_as_the_spec_says_on_every_way(self):
        text = "x;y\n" + "".join(f"{n},5;{'ab'[n % 2]}\n" for n in range(40)) + "x;total\n"
        spec = {"csvData": text, "target": "y", "epochs": 1, "reading": {"skip_rows": [42]}}
        async with open_socket(APPLICATION) as socket:
            checked = (await socket.ask("checkTraining", **spec))["data"]
            self.assertEqual((checked["rows"], checked["classes"]), (40, ["a", "b"]))
            run_id = await self.start(socket, **spec)
            frames = await socket.receive_until("trainingResult")
            self.assertTrue(frames[-1]["data"]["success"], frames[-1]["data"]["message"])
            other = (await socket.ask("checkTraining", **{**spec, "reading": {"delimiter": ","}}))["data"]
            self.assertEqual([problem["code"] for problem in other["problems"]][:1], ["unknown_target"])
            self.assertTrue(run_id)

    async def test_runs_are_listed_for_their_owner(self):
        async with open_socket(APPLICATION) as socket, open_socket(APPLICATION) as other:
            run_id = await self.start(socket, default="IRIS", epochs=2, custom_model_name="mine")
            await socket.receive_until("trainingArtifacts")
            mine = (await socket.ask("listTrainings"))["data"]["runs"]
            self.assertEqual(
                [(run["run_id"], run["name"], run["status"]) for run in mine], [(run_id, "mine", "succeeded")]
            )
            self.assertEqual((await other.ask("listTrainings"))["data"]["runs"], [])

    async def test_hostile_layers_are_answered_like_any_mistake(self):
        async with open_socket(APPLICATION) as socket:
            for text in ("__import__('os').system('x')", "nn.Linear(4); import os", "(" * 150):
                data = (await socket.ask("checkTraining", default="IRIS", user_arch=[text]))["data"]
                self.assertEqual(data["problems"][0]["where"], "user_arch[0]")
                self.assertEqual((await socket.ask("runTraining", default="IRIS", user_arch=[text]))["event"], "error")

    @override_settings(TRAINING_MAX_ACTIVE_RUNS_PER_OWNER=1)
    async def test_too_many_runs_are_refused_with_what_to_do(self):
        async with open_socket(APPLICATION) as socket:
            run_id = await self.start(socket, **LONG)
            await socket.send("runTraining", **LONG)
            frame = (await socket.receive_until("error"))[-1]
            self.assertEqual(frame["data"]["code"], "too_many_runs")
            self.assertTrue(frame["data"]["hint"])
            await socket.send("cancelTraining", run_id=run_id)
            await socket.receive_until(*END)


class OwnershipTests(EngineTestCase):
    """A stranger's run_id on every road."""

    async def make_run(self, client: Client) -> str:
        async with open_socket(APPLICATION, client=client) as socket:
            run_id = (await socket.ask("runTraining", default="IRIS", epochs=2))["data"]["run_id"]
            await socket.receive_until("trainingArtifacts")
        return run_id

    async def test_a_stranger_is_told_that_there_is_no_such_run_on_every_road(self):
        owner, stranger = await new_guest(), await new_guest()
        run_id = await self.make_run(owner)
        async with open_socket(APPLICATION, client=stranger) as socket:
            for event in ("watchTraining", "cancelTraining"):
                real = await socket.ask(event, run_id=run_id)
                made_up = await socket.ask(event, run_id=str(uuid4()))
                self.assertEqual(real["data"], made_up["data"])
                self.assertEqual(real["data"]["code"], "run_not_found")
            self.assertEqual((await socket.ask("listTrainings", before=run_id))["data"]["code"], "run_not_found")
        for path in (f"/runs/{run_id}/", *(f"/runs/{run_id}/artifacts/{name}" for name in ("model.pt", "loss.png"))):
            with self.subTest(path=path):
                self.assertEqual((await sync_to_async(stranger.get)(path)).status_code, 404)
                self.assertEqual((await sync_to_async(owner.get)(path)).status_code, 200)

    async def test_staff_watch_and_cancel_with_the_permissions_of_the_admin(self):
        owner = await new_guest()
        teacher = await log_in("view_trainingrun", "cancel_trainingrun", is_staff=True)
        run_id = await self.make_run(owner)
        async with open_socket(APPLICATION, client=teacher) as socket:
            await socket.send("watchTraining", run_id=run_id)
            self.assertEqual(epochs_of(await socket.receive_until("trainingArtifacts")), [1, 2])
            await socket.send("cancelTraining", run_id=run_id)
            self.assertEqual((await socket.ask("listTrainings"))["event"], "trainings")

    async def test_a_user_owns_runs_through_the_account_and_not_the_browser(self):
        user = await log_in()
        run_id = await self.make_run(user)
        other_browser = Client(headers={"host": "localhost"})
        run = await TrainingRun.objects.select_related("user").aget(pk=run_id)
        await database_sync_to_async(other_browser.force_login)(run.user)
        async with open_socket(APPLICATION, client=other_browser) as socket:
            await socket.send("watchTraining", run_id=run_id)
            self.assertEqual((await socket.receive_until("trainingArtifacts"))[-1]["data"]["run_id"], run_id)

    async def test_a_signed_in_stranger_is_a_stranger(self):
        run_id = await self.make_run(await new_guest())
        async with open_socket(APPLICATION, client=await log_in()) as socket:
            self.assertEqual((await socket.ask("watchTraining", run_id=run_id))["data"]["code"], "run_not_found")

    async def test_bad_run_ids_are_refused_before_anything_is_looked_up(self):
        async with open_socket(APPLICATION) as socket:
            for run_id in ("1 OR 1=1", "../../etc", "", None, 5, {"$ne": 1}):
                with self.subTest(run_id=run_id):
                    frame = await socket.ask("watchTraining", run_id=run_id)
                    self.assertEqual((frame["data"]["code"], frame["data"]["where"]), ("invalid_data", "run_id"))


class ConnectionTests(EngineTestCase):
    async def test_only_the_hosts_own_pages_may_connect(self):
        for origin in (b"http://evil.example", b"http://localhost.evil.example", b"null", None):
            headers = [(b"host", b"localhost:8000"), *([(b"origin", origin)] if origin else [])]
            communicator = WebsocketCommunicator(APPLICATION, "/ws/training/", headers=headers)
            connected, _ = await communicator.connect(timeout=10)
            self.assertFalse(connected, origin)

    async def test_a_socket_that_goes_away_in_the_middle_harms_nobody(self):
        async with open_socket(APPLICATION) as other:
            async with open_socket(APPLICATION) as socket:
                run_id = (await socket.ask("runTraining", default="IRIS", epochs=200))["data"]["run_id"]
            frame = await other.ask("runTraining", default="IRIS", epochs=20)
            self.assertEqual(frame["event"], "trainingQueued")
            self.assertEqual(epochs_of(await other.receive_until(*END)), list(range(1, 21)))
        run = await database_sync_to_async(wait_until_files)(run_id)
        self.assertEqual(run.last_epoch, 200)

    async def test_many_learners_at_once_each_get_their_own_run(self):
        async def learn(seed: int) -> tuple[str, set[str], list[int]]:
            async with open_socket(APPLICATION) as socket:
                run_id = (await socket.ask("runTraining", default="IRIS", epochs=10, seed=seed))["data"]["run_id"]
                frames = await socket.receive_until(*END, timeout=60)
                return run_id, {frame["data"]["run_id"] for frame in frames}, epochs_of(frames)

        for run_id, seen, epochs in await asyncio.gather(*(learn(seed) for seed in range(25))):
            self.assertEqual(seen, {run_id})
            self.assertEqual(epochs, list(range(1, 11)))

    async def test_no_frame_of_a_thousand_in_a_second_is_lost_silently_while_a_run_streams(self):
        async with open_socket(APPLICATION) as socket:
            run_id = (await socket.ask("runTraining", default="IRIS", epochs=100))["data"]["run_id"]
            for _ in range(1_000):
                await socket.send_text(json.dumps({"event": "nonsense", "id": "x"}))
            frames, missing = [], Counter(error=1_000, trainingArtifacts=1)
            while missing:
                frames.append(await socket.receive(timeout=60))
                missing -= Counter([frames[-1]["event"]])
            errors = [frame for frame in frames if frame["event"] == "error"]
            self.assertEqual({frame["data"]["code"] for frame in errors}, {"unknown_event", "rate_limited"})
            self.assertEqual(epochs_of(frames), list(range(1, 101)))
            self.assertEqual({f["data"]["run_id"] for f in frames if f["event"] != "error"}, {run_id})
