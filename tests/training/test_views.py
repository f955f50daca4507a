"""HTTP: uploads in, artefacts out, for their owners; errors as JSON with a fitting status."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from unittest.mock import patch
from uuid import uuid4

from asgiref.sync import async_to_sync
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client, override_settings

from playground.routing import build_application
from playground.wire.identity import Identity
from tests.sockets import open_socket
from tests.training.cases import EngineTestCase, create_run, wait_until_files, wait_until_over
from training import runs
from training.jobs.sources import source_of
from training.models import Dataset
from training.spec.reading import ReadingOptions

CITIES = ("Bern", "Zürich", "", "Genf")


def messy_row(n: int) -> str:
    return f"{'' if n % 7 == 0 else 20 + n % 50};{CITIES[n % 4]};{n * 10};{('no', 'yes')[n % 3 == 0]}\n"


MESSY = ("\ufeffage;city;income;bought\n" + "".join(map(messy_row, range(120)))).encode()


def guest() -> Client:
    client = Client(headers={"host": "localhost"})
    client.get("/")
    return client


def identity_of(client: Client) -> Identity:
    return Identity(f"guest:{client.session['guest_id']}")


def upload(client: Client, content: bytes, name: str = "table.csv", **extra):
    return client.post("/datasets/", {"file": SimpleUploadedFile(name, content)}, **extra)


class UploadTests(EngineTestCase):
    def test_options_of_an_upload_hold_for_all_that_is_done_with_it(self):
        client = guest()
        content = b"a,b,c\n" + b"".join(b"%d,%d,x\n" % (n, n % 2) for n in range(20)) + b"1,2,3,4,5\n"
        refused = upload(client, content)
        self.assertEqual((refused.status_code, refused.json()["where"]), (400, "reading.skip_rows"))
        file = SimpleUploadedFile("t.csv", content)
        response = client.post("/datasets/", {"file": file, "reading": '{"skip_rows": [22], "decimal": "."}'})
        data = response.json()
        self.assertEqual((response.status_code, data["rows"]), (201, 20))
        self.assertEqual((data["reading"]["skip_rows"], data["reading"]["header_row"]), ([22], 1))
        source = source_of(Dataset.objects.get(pk=data["dataset_id"]))
        self.assertEqual(source.reading, ReadingOptions(skip_rows=(22,), decimal="."))
        for wrong in ("{", '{"no": 1}', "[]", '{"header_row": -1}'):
            refused = client.post("/datasets/", {"file": SimpleUploadedFile("t.csv", content), "reading": wrong})
            self.assertEqual(refused.status_code, 400, wrong)

    def test_a_table_is_described_as_other_options_read_it(self):
        client = guest()
        content = b"Report\na;b\n" + b"".join(b"%d,5;x\n" % n for n in range(20)) + b"Total;y\n"
        dataset_id = upload(client, content).json()["dataset_id"]

        async def describe(**fields):
            async with open_socket(build_application(), client=client) as socket:
                return (await socket.ask("describeDataset", dataset_id=dataset_id, **fields))["data"]

        stored = async_to_sync(describe)()
        self.assertEqual((stored["rows"], stored["reading"]["header_row"]), (20, 2))
        self.assertEqual(stored["lines"][:2], ["Report", "a;b"])
        self.assertEqual([problem["code"] for problem in stored["problems"]][:2], ["title_lines", "footer_rows"])
        self.assertEqual(async_to_sync(describe)(reading={"skip_rows": [1]})["rows"], 21)
        refused = async_to_sync(describe)(reading={"encoding": "rot13"})
        self.assertEqual((refused["code"], refused["where"]), ("unreadable_table", "reading.encoding"))

    def test_a_table_is_described_with_columns_read_as_they_are_chosen_to_be(self):
        client = guest()
        content = b"size,state,self\n" + b"".join(b"%d,%s,x\n" % (n, (b"None", b"Mild")[n % 2]) for n in range(20))
        dataset_id = upload(client, content).json()["dataset_id"]

        async def describe(column_types):
            async with open_socket(build_application(), client=client) as socket:
                return (await socket.ask("describeDataset", dataset_id=dataset_id, column_types=column_types))["data"]

        described = async_to_sync(describe)({"state": {"missing": ["None"]}, "self": {"merge": {"x": "y"}}})
        columns = {column["name"]: column for column in described["columns"]}
        self.assertEqual((columns["state"]["missing"], columns["state"]["unique"]), (10, 1))
        self.assertEqual(columns["self"]["top"], [{"value": "y", "count": 20}])
        self.assertIsNone(described["preview"][0]["state"])
        self.assertNotIn("word_is_level", [problem["code"] for problem in described["problems"]])
        for name, choice in (("state", {"order": ["Mild"]}), ("other", {"missing": []})):
            refused = async_to_sync(describe)({name: choice})
            self.assertEqual(refused["where"], f"column_types.{name}", refused)

    def test_a_messy_table_is_described_and_stored_for_its_owner(self):
        client = guest()
        response = upload(client, MESSY, "käufe.csv")
        self.assertEqual(response.status_code, 201)
        data = response.json()
        self.assertEqual((data["name"], data["rows"], data["target"]), ("käufe.csv", 120, None))
        columns = {column["name"]: column for column in data["columns"]}
        self.assertEqual(
            [columns[name]["type"] for name in ("age", "city", "bought")], ["number", "category", "category"]
        )
        self.assertEqual((columns["age"]["missing"], columns["city"]["missing"]), (18, 30))
        self.assertEqual(len(data["preview"]), 5)
        dataset = Dataset.objects.get(pk=data["dataset_id"])
        self.assertEqual(dataset.owner, identity_of(client).owner)
        with dataset.file.open() as file:
            self.assertEqual(file.read(), MESSY)

    def test_the_users_file_name_is_never_a_path(self):
        response = upload(guest(), MESSY, "../../../../tmp/evil\x00.csv")
        dataset = Dataset.objects.get(pk=response.json()["dataset_id"])
        self.assertRegex(dataset.file.name, r"^datasets/[0-9a-f-]{36}\.csv$")

    def test_what_is_no_table_is_refused_and_not_kept(self):
        before = set(default_storage.listdir("datasets")[1]) if default_storage.exists("datasets") else set()
        for content in (b"", b"PK\x03\x04zip", b"a,b\n", b"\x00\x01\x02"):
            response = upload(guest(), content)
            self.assertEqual(response.status_code, 400)
            self.assertEqual(set(response.json()), {"code", "message", "hint", "where"})
            self.assertTrue(response.json()["hint"])
        self.assertEqual(Dataset.objects.count(), 0)
        self.assertEqual(set(default_storage.listdir("datasets")[1]), before)

    def test_a_request_without_a_file_says_how_to_send_one(self):
        response = guest().post("/datasets/")
        self.assertEqual((response.status_code, response.json()["where"]), (400, "file"))

    @override_settings(UPLOAD_MAX_BYTES=1_000)
    def test_a_file_over_the_limit_is_refused(self):
        response = upload(guest(), b"a,b\n" + b"1,2\n" * 1_000)
        self.assertEqual((response.status_code, response.json()["code"]), (413, "upload_too_large"))

    @patch("training.quota.MAX_DATASETS_PER_OWNER", 1)
    def test_an_owner_may_keep_so_many_tables_and_no_more(self):
        client = guest()
        self.assertEqual(upload(client, MESSY).status_code, 201)
        self.assertEqual((upload(client, MESSY).status_code, Dataset.objects.count()), (429, 1))
        self.assertEqual(upload(guest(), MESSY).status_code, 201)

    def test_uploads_are_protected_from_other_sites(self):
        client = Client(enforce_csrf_checks=True, headers={"host": "localhost"})
        client.get("/")
        self.assertEqual(upload(client, MESSY).status_code, 403)
        token = client.cookies["csrftoken"].value
        self.assertEqual(upload(client, MESSY, headers={"x-csrftoken": token}).status_code, 201)

    @override_settings(FILE_UPLOAD_MAX_MEMORY_SIZE=1_000)
    def test_a_large_upload_is_streamed_to_disk(self):
        with tempfile.TemporaryDirectory() as folder, override_settings(FILE_UPLOAD_TEMP_DIR=folder):
            response = upload(guest(), b"a,b\n" + b"1,x\n2,y\n" * 20_000)
            self.assertEqual((response.status_code, response.json()["rows"]), (201, 40_000))
            self.assertEqual(list(Path(folder).iterdir()), [])  # and nothing is left there

    def test_only_post_uploads(self):
        self.assertEqual(guest().get("/datasets/").status_code, 405)


class DownloadTests(EngineTestCase):
    def setUp(self) -> None:
        self.client = guest()
        self.run_id = create_run(identity_of(self.client), epochs=2)

    def test_every_file_is_downloaded_with_its_type(self):
        wait_until_files(self.run_id)
        for name, kind, start in (
            ("model.pt", "application/octet-stream", b"PK"),
            ("results.csv", "text/csv; charset=utf-8", b"epoch,"),
            ("loss.png", "image/png", b"\x89PNG"),
            ("accuracy.png", "image/png", b"\x89PNG"),
        ):
            response = self.client.get(f"/runs/{self.run_id}/artifacts/{name}")
            self.assertEqual((response.status_code, response["Content-Type"]), (200, kind))
            self.assertEqual(response["Content-Disposition"], f'attachment; filename="{name}"')
            self.assertTrue(b"".join(response.streaming_content).startswith(start))

    def test_a_download_waits_for_a_file_that_is_being_built(self):
        wait_until_over(self.run_id)
        response = self.client.get(f"/runs/{self.run_id}/artifacts/loss.png")
        self.assertEqual(response.status_code, 200)
        self.assertTrue(b"".join(response.streaming_content).startswith(b"\x89PNG"))

    def test_names_that_are_none_of_its_files_are_not_found(self):
        wait_until_files(self.run_id)
        for name in ("model.skops", "nothing.txt", "..%2f..%2fdb.sqlite3", "%2e%2e", "model.pt%00"):
            with self.subTest(name=name):
                self.assertEqual(self.client.get(f"/runs/{self.run_id}/artifacts/{name}").status_code, 404)

    def test_a_strangers_file_and_a_made_up_one_are_answered_alike(self):
        wait_until_files(self.run_id)
        stranger = guest()
        real = stranger.get(f"/runs/{self.run_id}/artifacts/model.pt")
        made_up = stranger.get(f"/runs/{uuid4()}/artifacts/model.pt")
        self.assertEqual((real.status_code, real.json()), (404, made_up.json()))


class UploadedRunTests(EngineTestCase):
    def test_an_upload_is_trained_on_by_its_owner_alone(self):
        client = guest()
        dataset_id = upload(client, MESSY).json()["dataset_id"]

        async def talk(who: Client) -> list[dict]:
            async with open_socket(build_application(), client=who) as socket:
                answers = [
                    await socket.ask(event, dataset_id=dataset_id) for event in ("describeDataset", "checkTraining")
                ]
                answers.append(await socket.ask("runTraining", dataset_id=dataset_id, target="bought", epochs=5))
                if answers[-1]["event"] == "trainingQueued":
                    answers.append((await socket.receive_until("trainingResult"))[-1])
                return answers

        mine = async_to_sync(talk)(client)
        events = ["datasetDescribed", "trainingChecked", "trainingQueued", "trainingResult"]
        self.assertEqual([frame["event"] for frame in mine], events)
        self.assertTrue(mine[-1]["data"]["success"], json.dumps(mine[-1]))
        theirs = async_to_sync(talk)(guest())
        self.assertEqual([frame["data"]["code"] for frame in theirs], ["dataset_not_found"] * 3)
        self.assertEqual(runs.list_runs(identity_of(client), limit=5, before=None)[0].data, "table.csv")
