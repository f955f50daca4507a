"""The commands that make the table and carry progress in, out, and from one storage to another."""

from __future__ import annotations

import json
import os
import tempfile
from io import StringIO
from pathlib import Path
from unittest import mock

from django.conf import settings
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.test import SimpleTestCase, TestCase, override_settings

from progress.models import Standing
from progress.records import QuestionKey, Record
from progress.storage import get_named_storage, get_storage
from progress.storage.base import ProgressStorage
from progress.storage.memory import MemoryStorage
from tests.server import find_free_port
from tests.stand_ins import AWS_ENVIRONMENT, start_moto

KEY = QuestionKey("1", "2", "3")
OTHER = QuestionKey("1", "2", "question 4")


class BreakingStorage(MemoryStorage):
    """Breaks off after so many merges; one for all who ask for it by its path."""

    kept: BreakingStorage

    def __new__(cls) -> BreakingStorage:
        return cls.kept

    def __init__(self) -> None:
        pass

    @classmethod
    def renew(cls, merges: int) -> None:
        cls.kept = object.__new__(cls)
        MemoryStorage.__init__(cls.kept)
        cls.kept.merges = merges

    def merge(self, *args, **kwargs) -> Record:
        if self.merges == 0:
            from progress.exceptions import StorageUnavailable

            raise StorageUnavailable("Progress cannot be reached just now.")
        self.merges -= 1
        return super().merge(*args, **kwargs)


BREAKING = f"{__name__}.BreakingStorage"


def run(*arguments: str) -> tuple[str, str]:
    """Run a command. Return its output and errors."""
    out, err = StringIO(), StringIO()
    try:
        call_command(*arguments, stdout=out, stderr=err)
    except CommandError as error:
        error.args = (f"{error}\n{err.getvalue()}",)
        raise
    return out.getvalue(), err.getvalue()


class FileTests(TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.path = Path(folder.name) / "progress.json"
        self.storage: ProgressStorage = get_storage()

    def write(self, content: object) -> str:
        self.path.write_text(content if isinstance(content, str) else json.dumps(content), "utf-8")
        return str(self.path)

    def test_the_earlier_systems_records_are_taken_over(self):
        progress = {"1": {"modulePoints": 3, "2": {"sectionPoints": 3, "3": 1, "question 4": 2}}}
        self.write([{"uid": "abc", "progressData": json.dumps(progress)}, {"uid": "new", "progressData": "{}"}])
        out, _ = run("import_progress", str(self.path))
        self.assertIn("2 of 2 learners, 2 questions", out)
        self.assertEqual(self.storage.get("abc").earned, {KEY: 1, OTHER: 2})
        self.assertEqual(self.storage.get("abc").to_wire(), progress)
        self.assertEqual(self.storage.count(), 1)

    def test_a_file_may_have_any_form_in_which_the_table_is_dumped(self):
        rows = [{"uid": name, "progressData": '{"1": {"2": {"3": 1}}}'} for name in ("a", "b")]
        typed = [{name: {"S": value} for name, value in row.items()} for row in rows]
        for content in (
            rows,
            "\n".join(map(json.dumps, rows)) + "\n\n",
            "\ufeff" + json.dumps(rows),
            {"Items": typed, "Count": 2},
            "\n".join(json.dumps({"Item": row}) for row in typed),
        ):
            with self.subTest(content):
                self.storage.reset("a")
                self.storage.reset("b")
                run("import_progress", self.write(content))
                self.assertEqual(self.storage.get_many(["a", "b"])["b"].earned, {KEY: 1})
                self.assertEqual(self.storage.count(), 2)

    def test_importing_twice_changes_nothing_and_keeps_what_is_earned_here(self):
        before = self.storage.award("abc", KEY, 10).record
        path = self.write([{"uid": "abc", "progressData": '{"1": {"2": {"3": 1, "question 4": 2}}}'}])
        run("import_progress", path)
        record = self.storage.get("abc")
        self.assertEqual(record.earned, {KEY: 10, OTHER: 2})
        run("import_progress", path)
        self.assertEqual(self.storage.get("abc"), record)
        assert record.updated and before.updated
        self.assertGreaterEqual(record.updated, before.updated)

    def test_a_uid_may_name_a_user_here_and_the_gradebook_knows_at_once(self):
        user = User.objects.create_user("ada", "ada@example.org")
        rows = [{"uid": name, "progressData": '{"1": {"2": {"3": 1}}}'} for name in ("ada", "nobody")]
        with self.assertRaisesMessage(CommandError, "nobody: No user has this username."):
            run("import_progress", self.write(rows), "--match", "username")
        self.assertEqual(self.storage.get(f"user:{user.pk}").earned, {KEY: 1})
        self.assertEqual(self.storage.count(), 1)
        self.assertEqual(Standing.objects.get(user=user).points, 0, "its question is in no module here")
        rows[0]["uid"] = "ada@example.org"
        rows.pop()
        out, _ = run("import_progress", self.write(rows), "--match", "email")
        self.assertIn("1 of 1 learners", out)

    def test_what_cannot_be_taken_is_named_and_the_rest_is_taken(self):
        rows = [
            {"uid": "no-json", "progressData": "{"},
            {"uid": "no-string", "progressData": {}},
            {"uid": "no-points", "progressData": '{"1": {"2": {"3": "many"}}}'},
            {"uid": "negative", "progressData": '{"1": {"2": {"3": -1}}}'},
            {"uid": "no-sections", "progressData": '{"1": 5}'},
            {"uid": "no-progress"},
            {"progressData": "{}"},
            {"uid": 7, "progressData": "{}"},
            "nothing",
            {"uid": "good", "progressData": '{"1": {"2": {"3": 1}}}'},
        ]
        with self.assertRaises(CommandError) as caught:
            run("import_progress", self.write(rows))
        said = str(caught.exception)
        self.assertIn("9 of 10 records", said)
        for name in (
            "no-json",
            "no-string",
            "no-points",
            "negative",
            "no-sections",
            "record 6",
            "record 7",
            "record 8",
            "record 9",
        ):
            self.assertRegex(said, rf"(?m)^{name}: .+")
        self.assertEqual([record.user_id for page in self.storage.iterate() for record in page], ["good"])

    def test_totals_that_were_no_sums_are_named_and_replaced_by_sums(self):
        progress = {"1": {"modulePoints": 30, "2": {"sectionPoints": 1, "3": 1}}}
        _, err = run("import_progress", self.write([{"uid": "abc", "progressData": json.dumps(progress)}]))
        self.assertIn("abc: its totals were not the sums", err)
        self.assertEqual(self.storage.get("abc").to_wire()["1"]["modulePoints"], 1)

    def test_a_file_that_holds_no_records_is_refused(self):
        for content in ("", "no JSON", "7", '{"a": 1}'):
            with self.subTest(content), self.assertRaises(CommandError):
                run("import_progress", self.write(content))
        with self.assertRaises(CommandError):
            run("import_progress", "/nowhere/progress.json")

    def test_an_export_can_be_imported_again_and_holds_everybody(self):
        for number in range(250):
            self.storage.award(f"user:{number}", QuestionKey("ü", 'a "b"', f"{number}/\\"), number)
        before = [record for page in self.storage.iterate() for record in page]
        run("export_progress", str(self.path))
        rows = json.loads(self.path.read_text())
        self.assertEqual([set(row) for row in rows], [{"uid", "progressData", "notCounted"}] * 250)
        for record in before:
            self.storage.reset(record.user_id)
        run("import_progress", str(self.path))
        after = [record for page in self.storage.iterate() for record in page]
        self.assertEqual([record.earned for record in after], [record.earned for record in before])
        out, _ = run("export_progress")
        self.assertEqual(json.loads(out), rows)

    def test_an_export_of_nobody_is_an_empty_array(self):
        out, _ = run("export_progress")
        self.assertEqual(json.loads(out), [])

    def test_an_export_that_breaks_off_leaves_the_one_before(self):
        run("export_progress", self.write("[]"))
        gone = {"BACKEND": "progress.storage.dynamodb.DynamoDBStorage",
                "OPTIONS": {"table": "gone", "endpoint_url": f"http://127.0.0.1:{find_free_port()}"}}  # fmt: skip
        with (
            mock.patch.dict(os.environ, AWS_ENVIRONMENT),
            override_settings(PROGRESS_STORAGE=gone),
            self.assertLogs("progress"),
            self.assertRaises(CommandError),
        ):
            run("export_progress", str(self.path))
        self.assertEqual(json.loads(self.path.read_text()), [])
        self.assertEqual(list(self.path.parent.iterdir()), [self.path])


class MoveTests(TestCase):
    def test_everything_arrives_with_its_time_and_is_counted(self):
        source = get_named_storage("orm")
        for number in range(120):
            source.award(f"user:{number}", KEY, 2)
        source.award("user:7", OTHER, 3)
        BreakingStorage.renew(merges=1_000)
        out, _ = run("move_progress", "--from", "orm", "--to", BREAKING)
        target = BreakingStorage.kept
        self.assertEqual(list(target.iterate(1_000)), list(source.iterate(1_000)))
        self.assertRegex(out, r"Copied 120 learners")
        self.assertRegex(
            out, r"learners +120 to copy +120 arrived\n +questions +121 .* 121 arrived\n +points +243 .* 243 arrived"
        )

    def test_after_an_interruption_it_goes_on_with_what_is_missing(self):
        source = get_named_storage("orm")
        for number in range(30):
            source.award(f"user:{number}", KEY, 2)
        BreakingStorage.renew(merges=12)
        with self.assertRaisesMessage(CommandError, "run the command again"):
            run("move_progress", "--from", "orm", "--to", BREAKING)
        self.assertEqual(BreakingStorage.kept.count(), 12)
        source.award("user:0", OTHER, 1)  # earned meanwhile, by one who had been copied
        BreakingStorage.kept.merges = 19
        out, _ = run("move_progress", "--from", "orm", "--to", BREAKING)
        self.assertIn("Copied 19 learners", out)
        self.assertEqual(BreakingStorage.kept.get("user:0").earned, {KEY: 2, OTHER: 1})
        out, _ = run("move_progress", "--from", "orm", "--to", BREAKING)
        self.assertIn("Copied 0 learners", out)

    def test_points_that_differ_are_told_and_left_as_they_are(self):
        get_named_storage("orm").award("user:1", KEY, 2)
        BreakingStorage.renew(merges=10)
        BreakingStorage.kept.award("user:1", KEY, 9)
        with self.assertRaisesMessage(CommandError, "differ"):
            run("move_progress", "--from", "orm", "--to", BREAKING)
        self.assertEqual(BreakingStorage.kept.get("user:1").points, 9)

    def test_wrong_names_are_refused(self):
        for source, target in (("orm", "orm"), ("orm", "dynamo"), ("nowhere", "orm")):
            with self.subTest(target), self.assertRaises(CommandError):
                run("move_progress", "--from", source, "--to", target)


class TableTests(TestCase):
    """The documentation's steps: make the table, move there, see it in use."""

    def setUp(self) -> None:
        self.enterContext(mock.patch.dict(os.environ, AWS_ENVIRONMENT))
        server = start_moto()
        self.addCleanup(server.kill)
        described = settings.PROGRESS_STORAGES["dynamodb"]
        described = {**described, "OPTIONS": {"table": "progress.here", "endpoint_url": server.url}}
        self.enterContext(override_settings(PROGRESS_STORAGES={**settings.PROGRESS_STORAGES, "dynamodb": described}))
        self.dynamodb = described

    def test_the_table_is_made_once_and_progress_moves_in_and_back(self):
        with self.assertRaisesMessage(CommandError, "has no table"):
            run("move_progress", "--from", "orm", "--to", "dynamodb")
        out, _ = run("create_progress_table")
        self.assertRegex(out, r"^Made the table progress\.here at http://127\.0\.0\.1:\d+, billed by request")
        out, _ = run("create_progress_table")
        self.assertRegex(out, r"is there already")
        orm = get_named_storage("orm")
        user = User.objects.create_user("ada")
        owner = f"user:{user.pk}"
        orm.merge(owner, {KEY: 5, OTHER: 2})
        before = orm.get(owner)
        run("move_progress", "--from", "orm", "--to", "dynamodb")
        with override_settings(PROGRESS_STORAGE=self.dynamodb):
            call_command("check")
            self.assertEqual(get_storage().get(owner), before)
        orm.reset(owner)
        run("move_progress", "--from", "dynamodb", "--to", "orm")
        self.assertEqual(orm.get(owner), before)
        self.assertEqual(Standing.objects.get(user=user).points, 0, "its questions are in no module here")


class EnvironmentTests(SimpleTestCase):
    def test_settings_name_every_storage_that_there_is(self):
        with mock.patch.dict(os.environ, AWS_ENVIRONMENT):
            for name in settings.PROGRESS_STORAGES:
                self.assertIsInstance(get_named_storage(name), ProgressStorage)
