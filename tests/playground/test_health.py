"""Health checks for supervisors: alive, and ready to serve, part by part, in every state of the parts."""

from __future__ import annotations

import threading
from unittest.mock import patch

from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import connections
from django.db.migrations.recorder import MigrationRecorder
from django.test import Client, TransactionTestCase, override_settings

from playground import health
from playground.file_storage import WholeFileStorage
from playground.health import READY_SECONDS
from tests.training.cases import EngineTestCase
from training.engines.base import get_engine


def ask(address: str = "/readyz", **headers: str):
    return Client(headers={"host": "localhost", **headers}).get(address)


class AliveTests(TransactionTestCase):
    def test_a_process_is_alive_without_touching_anything(self):
        with self.assertNumQueries(0):
            response = ask("/healthz")
        self.assertEqual((response.status_code, response.json()), (200, {"status": "ok"}))
        self.assertNotIn("Set-Cookie", response.headers)

    @override_settings(SECURE_SSL_REDIRECT=True)
    def test_a_probe_from_inside_is_not_sent_to_https(self):
        self.assertEqual(ask("/healthz").status_code, 200)
        self.assertEqual(ask("/").status_code, 301)

    def test_it_answers_under_the_names_of_this_server_alone(self):
        with self.assertLogs("django.security.DisallowedHost", "ERROR"):
            self.assertEqual(ask("/healthz", host="example.com").status_code, 400)


class NotReadyTests(TransactionTestCase):
    """No engine runs here; each test says what else is wrong."""

    def ask(self) -> tuple[int, dict[str, str], str]:
        with self.assertLogs("playground.health", "WARNING"), self.assertLogs("django.request", "ERROR"):
            response = ask()
        checks = response.json()["checks"]
        self.assertEqual(set(checks), set(health.CHECKS))
        for part in checks.values():
            self.assertEqual(set(part), {"status", "milliseconds"})
        return response.status_code, {name: part["status"] for name, part in checks.items()}, response.content.decode()

    def setUp(self) -> None:
        self.assertFalse(get_engine().is_ready())
        self.enterContext(patch.object(health, "CACHE_SECONDS", 0))
        self.enterContext(patch.object(health, "_reports", health._Reports()))

    def test_without_an_engine_it_is_not_ready_and_the_rest_is(self):
        status, parts, _ = self.ask()
        self.assertEqual(status, 503)
        self.assertEqual(parts.pop("engine"), "failed")
        self.assertEqual(set(parts.values()), {"ok"})

    def test_a_migration_that_is_missing_fails(self):
        recorder = MigrationRecorder(connections["default"])
        recorder.record_unapplied("training", "0001_initial")
        self.addCleanup(recorder.record_applied, "training", "0001_initial")
        status, parts, text = self.ask()
        self.assertEqual((status, parts["migrations"], parts["database"]), (503, "failed", "ok"))
        self.assertNotIn("training", text)

    def test_a_storage_that_loses_or_changes_what_is_written_fails(self):
        for name, answer in (
            ("_save", lambda self, name, content: name),
            ("open", lambda self, name: ContentFile(b"something else")),
        ):
            with self.subTest(name), patch.object(WholeFileStorage, name, answer):
                _, parts, _ = self.ask()
                self.assertEqual(parts["files"], "failed")

    def test_nothing_of_the_probe_stays_in_the_storage(self):
        self.assertEqual(self.ask()[1]["files"], "ok")
        self.assertEqual(default_storage.listdir("readyz"), ([], []))

    def test_requests_of_one_second_share_one_answer(self):
        asked = []

        async def count() -> None:
            asked.append(1)

        self.enterContext(patch.object(health, "CACHE_SECONDS", 60))
        self.enterContext(patch.dict(health.CHECKS, {"channel_layer": count}))
        with self.assertLogs("playground.health", "WARNING"), self.assertLogs("django.request", "ERROR"):
            answers = {ask().content for _ in range(20)}
        self.assertEqual((len(asked), len(answers)), (1, 1))

    def test_a_database_that_is_away_fails_without_telling_where_it_is(self):
        away = {**settings.DATABASES["default"], "NAME": "/nowhere/secret.sqlite3"}
        with patch.dict(connections.settings, {"default": away}):
            status, parts, text = self.ask()
        self.assertEqual((status, parts["database"]), (503, "failed"))
        for word in ("secret", "Traceback", "Error"):
            self.assertNotIn(word, text)

    def test_a_folder_that_cannot_be_written_fails(self):
        # A file where the folder should be: root, as whom tests may run, may write everywhere else.
        nowhere = {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": __file__}}
        with override_settings(STORAGES={**settings.STORAGES, "default": nowhere}):
            _, parts, _ = self.ask()
        self.assertEqual(parts["files"], "failed")

    def test_redis_that_is_away_fails(self):
        layer = {
            "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
            "CONFIG": {"hosts": ["redis://127.0.0.1:1"]},
        }
        with override_settings(CHANNEL_LAYERS={"default": layer}):
            _, parts, _ = self.ask()
        self.assertEqual(parts["channel_layer"], "failed")

    @patch("playground.health.READY_SECONDS", 0.05)
    def test_a_part_that_hangs_costs_its_own_time_limit_and_one_thread(self):
        release, asked = threading.Event(), []

        def hang(name: str, content: ContentFile) -> str:
            asked.append(name)
            release.wait(20)
            return name

        self.addCleanup(release.set)
        with patch.object(default_storage, "save", hang):
            for _ in range(3):
                _, parts, _ = self.ask()
                self.assertEqual((parts["files"], parts["database"]), ("timeout", "ok"))
        self.assertEqual(len(asked), 1)
        running = health.CHECKS["files"]._running
        release.set()
        self.assertIsInstance(running.exception(timeout=20), OSError, "nothing was written, so nothing can be read")
        self.assertEqual(self.ask()[1]["files"], "ok")


class ReadyTests(EngineTestCase):
    def test_with_a_warm_engine_it_is_ready_and_says_how_long_each_part_took(self):
        response = ask()
        self.assertEqual(response.status_code, 200, response.content)
        report = response.json()
        self.assertEqual(report["status"], "ok")
        for part in report["checks"].values():
            self.assertEqual(part["status"], "ok")
            self.assertLess(part["milliseconds"], 1_000 * READY_SECONDS)
            self.assertGreaterEqual(part["milliseconds"], 0)
