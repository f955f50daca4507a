"""A run's link: what it opens, what it does not, and that it ends when it is taken back."""

from __future__ import annotations

import asyncio
import re
from unittest.mock import patch
from uuid import UUID, uuid4

from asgiref.sync import sync_to_async
from django.contrib.auth import get_user_model
from django.core.signing import Signer
from django.test import Client, TestCase, override_settings
from django.urls import reverse

from playground.routing import build_application
from playground.wire.identity import Identity
from tests.sockets import new_guest, open_socket
from tests.training.cases import ALICE, BOB, EngineTestCase, create_run, wait_until_files, wait_until_over
from training import runs, share_links
from training.access import find_withheld, get_access, get_shared, get_shared_file
from training.exceptions import ArtifactNotFound, RunNotFound, ShareNotFound, SharingDisabled
from training.models import RunEvent, Share, TrainingRun

APPLICATION = build_application()
LONG = {"epochs": 10_000, "batch_size": 1}
ROWS = [{"x": n, "y": "ab"[n >= 30]} for n in range(60)]


def token_of(url: str) -> str:
    return url.split("/")[2]


def share(run_id: UUID) -> str:
    return token_of(share_links.share(TrainingRun.objects.get(pk=run_id)))


class LinkTests(TestCase):
    def test_a_link_opens_its_own_run_and_no_other(self):
        mine, other = create_run(), create_run()
        token = share(mine)
        self.assertEqual(get_access(BOB, mine, token).run.pk, mine)
        with self.assertRaises(ShareNotFound):
            get_access(BOB, other, token)
        with self.assertRaises(RunNotFound):
            get_access(BOB, mine, "")

    def test_sharing_twice_gives_the_same_link_and_anew_another(self):
        run_id = create_run()
        first = share(run_id)
        self.assertEqual(share(run_id), first)
        share_links.unshare(TrainingRun.objects.get(pk=run_id))
        second = share(run_id)
        self.assertNotEqual(first, second)
        with self.assertRaises(ShareNotFound):
            get_shared(first)
        self.assertEqual(get_shared(second).run.pk, run_id)

    def test_what_the_database_holds_opens_nothing(self):
        share(create_run())
        stored = Share.objects.get()
        for forged in (stored.pk.hex, str(stored.pk), Signer(salt="other", sep=".").sign(stored.pk.hex), "", "." * 90):
            with self.subTest(forged=forged), self.assertRaises(ShareNotFound):
                get_shared(forged)
        self.assertTrue(get_shared(share_links.build_token(stored)))

    def test_a_forged_link_costs_no_query(self):
        with self.assertNumQueries(0), self.assertRaises(ShareNotFound):
            get_shared(f"{uuid4().hex}.{'A' * 43}")

    def test_it_ends_with_its_run(self):
        run_id = create_run()
        token = share(run_id)
        TrainingRun.objects.get(pk=run_id).delete()
        with self.assertRaises(ShareNotFound):
            get_shared(token)

    def test_a_server_may_share_nothing(self):
        run_id = create_run()
        token = share(run_id)
        with override_settings(TRAINING_SHARING=False):
            with self.assertRaises(ShareNotFound):
                get_shared(token)
            with self.assertRaises(SharingDisabled):
                share(run_id)
            self.assertEqual(share_links.find_revoked([token]), {token})
            self.assertEqual(runs.list_runs(ALICE, limit=1, before=None)[0].shared_url, "")
        self.assertEqual(share_links.find_revoked([token]), set())
        self.assertEqual(token_of(runs.list_runs(ALICE, limit=1, before=None)[0].shared_url), token)

    def test_files_that_hold_rows_of_somebodys_table_stay_with_them(self):
        inline = {"default": None, "csvData": ROWS, "target": "y"}
        for fields, withheld in (
            ({}, set()),
            (inline, {"predictions.csv", "train.py", "train.ipynb"}),
            ({"default": None, "dataset_id": str(uuid4())}, {"predictions.csv"}),
            (inline | {"user_model": "SVC()"},
             {"predictions.csv", "train.py", "train.ipynb", "model.skops", "model.onnx"}),
            ({"default": None, "fileURL": "https://example.org/t.csv", "user_model": {"estimator": "Ridge"}},
             {"predictions.csv"}),
        ):  # fmt: skip
            with self.subTest(fields=fields):
                run = TrainingRun.objects.get(pk=create_run(**fields))
                self.assertEqual(find_withheld(run), withheld)
                for name in withheld:
                    with self.assertRaises(ArtifactNotFound):
                        get_shared_file(share(run.pk), name)

    def test_a_stranger_is_told_the_setup_and_not_where_the_table_is(self):
        secret = {"default": None, "fileURL": "https://example.org/t.csv?key=s3cret", "notify": True}
        run_id = create_run(**secret, user_arch=["nn.Linear(4, 8)", "nn.ReLU()"], epochs=3)
        mine = get_access(ALICE, run_id, "").describe_spec()
        theirs = get_access(BOB, run_id, share(run_id)).describe_spec()
        layers = [{"layer": "Linear", "in_features": 4, "out_features": 8}, {"layer": "ReLU"}]
        self.assertEqual((theirs["user_arch"], theirs["epochs"]), (layers, 3))
        self.assertEqual(mine.keys() - theirs.keys(), {"fileURL"})
        self.assertNotIn("s3cret", str(get_access(BOB, run_id, share(run_id)).summarize()))


class PageTests(TestCase):
    def test_the_page_needs_no_account_and_leaves_no_trace_of_its_address(self):
        run_id = create_run()
        stranger = Client(headers={"host": "localhost"})
        response = stranger.get(f"/shared/{share(run_id)}/")
        self.assertContains(response, str(run_id))
        self.assertEqual((response["Referrer-Policy"], response["X-Robots-Tag"]), ("no-referrer", "noindex"))
        self.assertIn("no-store", response["Cache-Control"])
        self.assertContains(response, '<meta name="robots" content="noindex">', html=True)
        self.assertEqual(stranger.get(f"/runs/{run_id}/").status_code, 404)

    def test_a_link_that_was_taken_back_and_one_that_never_was_are_answered_alike(self):
        run_id = create_run()
        token = share(run_id)
        share_links.unshare(TrainingRun.objects.get(pk=run_id))
        stranger = Client(headers={"host": "localhost"})
        answers = [stranger.get(f"/shared/{each}/") for each in (token, "made-up")]
        self.assertEqual([answer.status_code for answer in answers], [404, 404])
        said = [re.sub(rb'name="csrfmiddlewaretoken" value="\w+"', b"", answer.content) for answer in answers]
        self.assertEqual(said[0], said[1])
        self.assertEqual(answers[0]["Referrer-Policy"], "no-referrer")

    def test_only_ones_own_runs_are_compared_two_to_six(self):
        client = Client(headers={"host": "localhost"})
        client.get("/")
        me = Identity(f"guest:{client.session['guest_id']}")
        mine = [str(create_run(me)) for _ in range(7)]
        for ids, status in (
            (mine[:2], 200), (mine[:6], 200), (mine[:1], 400), (mine, 400), ([mine[0]] * 2, 400), (["x", mine[0]], 400),
            ([mine[0], str(create_run(BOB))], 404),
        ):  # fmt: skip
            with self.subTest(ids=len(ids), status=status):
                self.assertEqual(client.get("/runs/compare/", {"runs": ",".join(ids)}).status_code, status)


class AdminTests(TestCase):
    def test_staff_see_that_a_run_is_shared_and_not_the_link_and_can_end_it(self):
        token = share(create_run())
        self.client.force_login(get_user_model().objects.create_superuser("root"))
        page = self.client.get(reverse("admin:training_share_changelist"))
        self.assertContains(page, "default network on IRIS")
        self.assertNotContains(page, token)
        share_id = Share.objects.get().pk
        self.client.post(reverse("admin:training_share_delete", args=[share_id]), {"post": "yes"})
        with self.assertRaises(ShareNotFound):
            get_shared(token)


@sync_to_async
def of(client: Client) -> Identity:
    return Identity(f"guest:{client.session['guest_id']}")


class SocketTests(EngineTestCase):
    async def test_by_the_link_a_run_is_watched_and_nothing_else_is_done(self):
        owner = await new_guest()
        run_id = await sync_to_async(create_run)(await of(owner), epochs=3)
        await sync_to_async(wait_until_files)(run_id)
        async with open_socket(APPLICATION, client=owner) as socket:
            url = (await socket.ask("shareTraining", run_id=str(run_id)))["data"]["url"]
            listed = (await socket.ask("listTrainings"))["data"]["runs"][0]
            self.assertEqual((listed["shared_url"], listed["metric"]), (url, "accuracy"))
            self.assertGreater(listed["value"], listed["baseline"])
        token = token_of(url)
        async with open_socket(APPLICATION, client=await new_guest()) as socket:
            for event, data in (
                ("watchTraining", {}), ("cancelTraining", {}), ("predict", {"rows": [{}]}), ("listTestRows", {}),
                ("shareTraining", {}), ("unshareTraining", {}), ("describeTraining", {}),
            ):  # fmt: skip
                refused = await socket.ask(event, run_id=str(run_id), **data)
                self.assertEqual(refused["data"].get("code"), "run_not_found", event)
            for event in ("cancelTraining", "predict", "listTestRows", "shareTraining", "unshareTraining"):
                more = {"rows": [{}]} if event == "predict" else {}
                refused = await socket.ask(event, run_id=str(run_id), token=token, **more)
                self.assertEqual(refused["data"].get("code"), "unknown_field", event)
            described = (await socket.ask("describeTraining", run_id=str(run_id), token=token))["data"]
            self.assertEqual((described["run"]["url"], described["spec"]["default"]), (url, "IRIS"))
            await socket.send("watchTraining", run_id=str(run_id), token=token)
            frames = await socket.receive_until("trainingArtifacts")
            files = {file["name"]: file["url"] for file in frames[-1]["data"]["artifacts"]}
        stranger = Client(headers={"host": "localhost"})
        loss = await sync_to_async(stranger.get)(files["loss.png"])
        self.assertEqual((loss.status_code, loss["X-Robots-Tag"]), (200, "noindex"))
        direct = await sync_to_async(stranger.get)(f"/runs/{run_id}/artifacts/loss.png")
        self.assertEqual(direct.status_code, 404)

    async def test_files_with_rows_are_neither_listed_nor_given(self):
        run_id = await sync_to_async(create_run)(ALICE, default=None, csvData=ROWS, target="y", epochs=2)
        await sync_to_async(wait_until_over)(run_id)
        token = await sync_to_async(share)(run_id)
        async with open_socket(APPLICATION) as socket:
            await socket.send("watchTraining", run_id=str(run_id), token=token)
            result = (await socket.receive_until("trainingResult"))[-1]["data"]
        names = {file["name"] for file in result["artifacts"]}
        self.assertIn("model.pt", names)
        self.assertEqual(names & {"predictions.csv", "train.py", "train.ipynb"}, set())
        stored = await RunEvent.objects.aget(run_id=run_id, event="trainingResult")
        self.assertIn("train.py", {file["name"] for file in stored.data["artifacts"]})
        for name in ("train.py", "predictions.csv", "preparation.skops"):
            refused = await sync_to_async(Client(headers={"host": "localhost"}).get)(
                f"/shared/{token}/artifacts/{name}"
            )
            self.assertEqual(refused.status_code, 404, name)

    async def test_whoever_watches_is_turned_away_when_the_link_is_taken_back(self):
        owner = await new_guest()
        run_id = str(await sync_to_async(create_run)(await of(owner), **LONG))
        async with (
            open_socket(APPLICATION, client=owner) as mine,
            open_socket(APPLICATION, client=await new_guest()) as theirs,
        ):
            await mine.send("watchTraining", run_id=run_id)
            token = token_of((await self._ask(mine, "shareTraining", run_id))["data"]["url"])
            await theirs.send("watchTraining", run_id=run_id, token=token)
            await theirs.receive_until("trainingProgress")
            await self._ask(mine, "unshareTraining", run_id)
            told = (await theirs.receive_until("error"))[-1]["data"]
            self.assertEqual((told["code"], told["where"]), ("share_not_found", run_id))
            await mine.receive_until("trainingProgress")  # the owner watches on, and the run grows
            self.assertTrue(await self._is_silent(theirs))

    @patch("playground.wire.groups.RECONCILE_SECONDS", 0.2)
    async def test_also_when_nobody_told_the_socket(self):
        run_id = str(await sync_to_async(create_run)(**LONG))
        token = await sync_to_async(share)(UUID(run_id))
        async with open_socket(APPLICATION) as theirs:
            await theirs.send("watchTraining", run_id=run_id, token=token)
            await theirs.receive_until("trainingProgress")
            await Share.objects.all().adelete()
            told = (await theirs.receive_until("error"))[-1]["data"]
            self.assertEqual(told["code"], "share_not_found")

    async def _ask(self, socket, event: str, run_id: str) -> dict:
        """The answer, among the events of the runs that are watched."""
        wanted = await socket.send(event, run_id=run_id)
        while (frame := await socket.receive()).get("reply_to") != wanted:
            pass
        return frame

    async def _is_silent(self, socket) -> bool:
        """Whether nothing more of the run arrives, after what the server answers to one more question."""
        wanted = await socket.send("listDatasets")
        return (await asyncio.wait_for(socket.receive(), 20)).get("reply_to") == wanted
