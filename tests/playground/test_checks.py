"""Settings that cannot be meant: named before a server starts, with what to write instead."""

from __future__ import annotations

import stat
import tempfile
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core import checks
from django.test import SimpleTestCase, override_settings

from playground.checks import check_metrics_token
from playground.data_dir import may_restrict, prepare_data_dir, read_secret, take_restricted


def s3(**options: str) -> dict[str, Any]:
    storage = settings.FILE_STORAGES["s3"]
    return {**storage, "OPTIONS": {**storage["OPTIONS"], **options}}


def stored_by(storage: dict[str, Any]) -> dict[str, Any]:
    return {**settings.STORAGES, "default": storage}


class SystemCheckTests(SimpleTestCase):
    def found(self, deploy: bool = False, **changed) -> dict[str, checks.CheckMessage]:
        with override_settings(**changed):
            return {message.id: message for message in checks.run_checks(include_deployment_checks=deploy)}

    def test_the_settings_of_a_laptop_are_fine(self):
        self.assertEqual(self.found(), {})

    def test_each_setting_that_cannot_be_meant_is_found_with_a_hint(self):
        for code, changed in (
            ("playground.E001", {"PUBLIC_URL": "lab.example.org"}),
            ("playground.E001", {"PUBLIC_URL": "https://"}),
            ("playground.E002", {"REDIS_URL": "http://secret@localhost:6379"}),
            ("playground.E003", {"CSRF_TRUSTED_ORIGINS": ["lab.example.org"]}),
            ("playground.E004", {"STORAGES": stored_by({"BACKEND": "dropbox"})}),
            ("playground.E005", {"STORAGES": stored_by(s3(bucket_name=""))}),
            ("playground.E007", {"DATA_DIR": "/proc/nothing"}),
            ("playground.E008", {"ALLOWED_HOSTS": ["https://lab.example.org"]}),
            ("playground.E008", {"ALLOWED_HOSTS": ["lab.example.org:443"]}),
            ("training.E001", {"TRAINING_ENGINE": "steam"}),
            ("training.E002", {"LINK_NETWORKS": ["10.1.0.0/16", "10.1/33"]}),
            ("training.E005", {"LINK_PORTS": ["80", "http"]}),
            ("training.E005", {"LINK_PORTS": ["65536"]}),
            ("notifications.E001", {"EMAIL_BACKEND": "pigeon"}),
            ("notifications.E002", {"EMAIL_USE_TLS": True, "EMAIL_USE_SSL": True}),
        ):
            with self.subTest(changed=changed):
                found = self.found(**changed)
                self.assertIn(code, found)
                self.assertTrue(found[code].hint)
                self.assertNotIn("secret", str(found[code]))

    def test_a_bucket_with_a_name_is_fine(self):
        self.assertEqual(self.found(STORAGES=stored_by(s3(bucket_name="lab"))), {})

    def test_mail_that_reaches_nobody_is_an_error_or_a_warning_where_one_deploys(self):
        backends = "django.core.mail.backends"
        for backend, code in (
            ("notifications.transports.ConsoleTransport", "notifications.E003"),
            (f"{backends}.console.EmailBackend", "notifications.E003"),
            (f"{backends}.filebased.EmailBackend", "notifications.W002"),
        ):
            self.assertIn(code, self.found(deploy=True, EMAIL_BACKEND=backend))
            self.assertNotIn(code, self.found(EMAIL_BACKEND=backend))
        found = self.found(deploy=True, EMAIL_BACKEND=f"{backends}.smtp.EmailBackend")
        self.assertTrue({"notifications.E003", "notifications.W002"}.isdisjoint(found))

    def test_a_key_of_this_machine_alone_is_an_error_only_where_one_deploys(self):
        self.assertNotIn("playground.E006", self.found(SECRET_KEY_IS_GIVEN=False))
        self.assertIn("playground.E006", self.found(deploy=True, SECRET_KEY_IS_GIVEN=False))
        self.assertNotIn("playground.E006", self.found(deploy=True, SECRET_KEY_IS_GIVEN=True))


class DataDirTests(SimpleTestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name) / "data"
        self.addCleanup(take_restricted)

    def mode(self, path: Path) -> int:
        return stat.S_IMODE(path.stat().st_mode)

    def test_an_open_folder_and_its_files_are_closed(self):
        self.folder.mkdir()
        for name in ("playground.sqlite3", "playground.sqlite3-wal", "playground.sqlite3-shm", "secret_key"):
            (self.folder / name).touch()
        for path in (*self.folder.iterdir(), self.folder):
            path.chmod(0o755 if path.is_dir() else 0o644)
        prepare_data_dir(self.folder)
        self.assertEqual(self.mode(self.folder), 0o700)
        self.assertEqual({self.mode(path) for path in self.folder.iterdir()}, {0o600})
        self.assertEqual(len(take_restricted()), 5)
        (self.folder / "new").touch()
        self.assertEqual(self.mode(self.folder / "new"), 0o600)

    def test_a_folder_that_is_shared_on_purpose_keeps_its_mode_and_is_reported(self):
        for mode in (0o2770, 0o1777):
            self.folder.mkdir(exist_ok=True)
            self.folder.chmod(mode)
            prepare_data_dir(self.folder)
            self.assertEqual(self.mode(self.folder), mode)
            with override_settings(DATA_DIR=self.folder):
                self.assertIn("playground.W003", {message.id for message in checks.run_checks()})

    def test_files_that_are_links_keep_the_mode_of_their_target(self):
        target = self.folder.with_name("elsewhere")
        target.touch()
        target.chmod(0o644)
        self.folder.mkdir()
        (self.folder / "files").symlink_to(target)
        prepare_data_dir(self.folder)
        self.assertEqual(self.mode(target), 0o644)

    def test_system_and_home_folders_are_not_closed(self):
        for path in (Path("/"), Path("/srv"), Path("/tmp"), Path.home()):
            self.assertFalse(may_restrict(path))


class SecretTests(SimpleTestCase):
    def test_a_secret_is_made_once_and_for_its_owner_alone(self):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "secret_key"
            secret = read_secret(path)
            self.assertGreaterEqual(len(secret), 50)
            self.assertEqual(read_secret(path), secret)
            self.assertEqual(path.stat().st_mode & 0o777, 0o600)


class MetricsTokenTests(SimpleTestCase):
    def test_a_token_that_can_be_guessed_is_complained_of(self):
        for token, complaints in (("", 0), ("x" * 19, 1), ("x" * 20, 0)):
            with override_settings(METRICS_TOKEN=token):
                self.assertEqual(len(check_metrics_token()), complaints)
