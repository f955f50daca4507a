"""The settings of operators: how they are read, refused, documented, and missed."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any
from unittest import TestCase
from unittest.mock import patch

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.test import SimpleTestCase

from playground.docs.contents import PAGES
from playground.environment import reading
from playground.environment.names import find_misspelled, find_removed
from playground.environment.reading import SECTIONS, Environment, WrongSettings, list_fields, read_environment
from tests.server import ROOT

OTHER = ("PATH", "HOME", "HOSTNAME", "LANG", "DJANGO_SETTINGS_MODULE", "AWS_REGION", "AWS_ACCESS_KEY_ID", "REDIS_HOST")
OTHER += ("REDIS_PORT", "PLAYGROUND_PARENT_PIPE", "KUBERNETES_SERVICE_HOST", "VIRTUAL_ENV", "CI", "TEST_CONSTANTS")
FIELDS = [(name, field) for section in SECTIONS for name, field in list_fields(section)]
SECRETS = {
    "SECRET_KEY",
    "DATABASE_URL",
    "REDIS_URL",
    "CELERY_BROKER_URL",
    "EMAIL_HOST_PASSWORD",
    "EMAIL_GATEWAY_KEY",
    "METRICS_TOKEN",
}

# Settings that are only parts of a setting of Django.
PARTS = {"AWS_DEFAULT_REGION", "DATABASE_URL", "DYNAMODB_ENDPOINT_URL", "EMAIL_FROM", "FILE_STORAGE", "PROGRESS_TABLE"}
PARTS |= {"HSTS_PRELOAD", "HSTS_SECONDS", "HSTS_SUBDOMAINS", "LOG_FORMAT", "LOG_LEVEL"}
PARTS |= {"S3_BUCKET", "S3_ENDPOINT_URL", "S3_REGION"}


def read(text: str = "", **environment: str) -> Environment:
    """Read the settings of these variables alone, with this text in `.env`."""
    with tempfile.TemporaryDirectory() as folder, patch.dict(os.environ, environment, clear=True):
        path = Path(folder) / ".env"
        path.write_text(text)
        with patch.object(reading, "ENV_FILE", path):
            return read_environment()


class ReadingTests(SimpleTestCase):
    def refused(self, **environment: str) -> list[str]:
        with self.assertRaises(WrongSettings) as caught:
            read(**environment)
        return caught.exception.lines

    def test_an_unset_or_blank_variable_has_the_default(self):
        for blank in ("", "  "):
            env = read(
                EMAIL_PORT=blank, TRAINING_SHARING=blank, ALLOWED_HOSTS=blank, LOG_LEVEL=blank, DATABASE_URL=blank
            )
            self.assertEqual(env, read())
        self.assertEqual((env.EMAIL_PORT, env.TRAINING_SHARING, env.LOG_LEVEL), (25, True, "INFO"))
        self.assertEqual(env.ALLOWED_HOSTS, ["localhost", "127.0.0.1", "[::1]"])

    def test_numbers_switches_and_lists_are_read_as_people_write_them(self):
        for text, number in (("12", 12), (" 12 ", 12), ("1_000", 1_000), ("0", 0)):
            self.assertEqual(read(KEEP_FILES_DAYS=text).KEEP_FILES_DAYS, number)
        for text, is_on in (("1", True), ("true", True), ("On", True), (" yes ", True), ("0", False), ("FALSE", False)):
            self.assertIs(read(DEBUG=text).DEBUG, is_on)
        self.assertEqual(read(LOG_LEVEL="error", LOG_FORMAT="JSON ").LOG_LEVEL, "ERROR")
        self.assertEqual(read(ALLOWED_HOSTS="a, b,,c ").ALLOWED_HOSTS, ["a", "b", "c"])

    def test_a_wrong_value_is_refused_with_its_name_the_value_and_what_to_write(self):
        for name, text, wanted in (
            ("KEEP_FILES_DAYS", "two", "a whole number, such as 0"),
            ("KEEP_FILES_DAYS", "1.5", "a whole number, such as 0"),
            ("KEEP_FILES_DAYS", "-1", "0 or more"),
            ("EMAIL_PORT", "65536", "65535 or less"),
            ("DEBUG", "maybe", "1 or 0"),
            ("LOG_FORMAT", "Loud", "one of plain, json"),
        ):
            with self.subTest(name=name, text=text):
                line = f"The environment variable {name} is {text!r}, and has to be {wanted}."
                self.assertEqual(self.refused(**{name: text}), [line])

    def test_rates_workers_and_sizes_cannot_be_0(self):
        names = ("WIRE_MAX_HELD_BYTES", "TRAINING_WORKERS", "HTTP_MAX_HELD_BYTES", "TRAINING_MAX_SECONDS")
        lines = self.refused(**dict.fromkeys(names, "0"))
        self.assertEqual(len(lines), len(names))
        for line in lines:
            self.assertTrue(line.endswith(" is '0', and has to be 1 or more."), line)

    def test_a_database_address_is_refused_without_its_password(self):
        for url in ("nonsense://ada:secret@host/name", "postgres://ada:secret@host:port/name"):
            (line,) = self.refused(DATABASE_URL=url)
            self.assertIn("DATABASE_URL has to be an address such as postgres://", line)
            self.assertNotIn("secret", line)

    def test_secret_settings_are_marked(self):
        marked = {name for name, field in FIELDS if field.json_schema_extra["is_secret"]}
        self.assertEqual(marked, SECRETS)


class EnvFileTests(SimpleTestCase):
    def test_it_sets_what_the_environment_does_not(self):
        env = read("EMAIL_PORT=587\nEMAIL_HOST='mail.example.org'\n# a comment\nEMAIL_FROM=x\n", EMAIL_FROM="y")
        self.assertEqual((env.EMAIL_PORT, env.EMAIL_HOST, env.EMAIL_FROM), (587, "mail.example.org", "y"))

    def test_dollar_signs_of_a_password_are_kept(self):
        self.assertEqual(read("EMAIL_HOST_PASSWORD=a${HOME}$b\n").EMAIL_HOST_PASSWORD, "a${HOME}$b")

    def test_its_wrong_values_are_refused_like_those_of_the_environment(self):
        with self.assertRaisesMessage(WrongSettings, "EMAIL_PORT is 'abc', and has to be a whole number"):
            read("EMAIL_PORT=abc\n")

    def test_libraries_see_its_variables_too(self):
        with patch.dict(os.environ), tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / ".env"
            path.write_text("AWS_PROFILE=lab\n")
            with patch.object(reading, "ENV_FILE", path):
                read_environment()
            self.assertEqual(os.environ["AWS_PROFILE"], "lab")

    def test_a_file_that_is_not_text_is_refused_in_one_line(self):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / ".env"
            path.write_bytes(b"\xff\xfe\x00")
            with patch.object(reading, "ENV_FILE", path), self.assertRaises(ImproperlyConfigured) as caught:
                read_environment()
        self.assertIn(str(path), str(caught.exception))

    def test_it_lies_beside_manage_py_and_git_ignores_it(self):
        code = "from playground.environment import reading; print(reading.ENV_FILE)"
        found = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=60)
        self.assertEqual(found.stdout.strip(), str(ROOT / ".env"), found.stderr)
        self.assertIn("/.env", (ROOT / ".gitignore").read_text().splitlines())


class NameTests(SimpleTestCase):
    def test_misspelled_names_are_found_and_other_names_left_alone(self):
        slips = {
            "ALOWED_HOSTS": "ALLOWED_HOSTS",
            "ALLOWED_HOST": "ALLOWED_HOSTS",
            "DATABSE_URL": "DATABASE_URL",
            "REDSI_URL": "REDIS_URL",
            "SECRETKEY": "SECRET_KEY",
            "DJANGO_SECRET_KEY": "SECRET_KEY",
            "PLAYGROUND_DATA_DIR": "DATA_DIR",
            "debug": "DEBUG",
        }
        self.assertEqual(find_misspelled([*slips, *OTHER, "ALLOWED_HOSTS", "DATABASE_URL"]), slips)

    def test_a_setting_of_an_earlier_version_is_reported_with_what_happened_to_it(self):
        found = find_removed([*OTHER, "DEBUG", "TRAINING_LEASE_SECONDS", "WIRE_MAX_HELD_BYTES_PER_ADDRESS"])
        self.assertEqual(list(found), ["TRAINING_LEASE_SECONDS", "WIRE_MAX_HELD_BYTES_PER_ADDRESS"])
        self.assertIn("a third of WIRE_MAX_HELD_BYTES", found["WIRE_MAX_HELD_BYTES_PER_ADDRESS"])
        self.assertEqual(find_misspelled(found), {})

    def test_no_removed_setting_is_read(self):
        self.assertEqual(list(find_removed(Environment.model_fields)), [])


class CommandTests(TestCase):
    def check(self, **environment: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "manage.py", "check"]
        environment = {**os.environ, **environment}
        return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60)

    def test_the_command_line_names_each_variable_in_a_line_without_a_traceback(self):
        done = self.check(TRAINING_WORKERS="two", EMAIL_PORT="0")
        self.assertEqual(done.returncode, 1)
        self.assertEqual(
            done.stderr.splitlines(),
            [
                "manage.py: The environment variable EMAIL_PORT is '0', and has to be 1 or more.",
                "manage.py: The environment variable TRAINING_WORKERS is 'two', and has to be a whole number, such as "
                f"{os.cpu_count()}.",
            ],
        )

    def test_the_command_line_warns_of_variables_that_are_not_read(self):
        done = self.check(ALOWED_HOSTS="x", EMAIL_SENDERS="4")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertRegex(done.stderr, r"ALOWED_HOSTS is not read\.\s+HINT: Did you mean ALLOWED_HOSTS\?")
        self.assertRegex(done.stderr, r"EMAIL_SENDERS is no longer read\.\s+HINT: Its value is fixed in the code now")


class FieldTests(SimpleTestCase):
    def test_each_setting_has_a_section_a_description_and_a_unit(self):
        self.assertEqual({name for name, _ in FIELDS}, set(Environment.model_fields))
        self.assertEqual(len(FIELDS), len(Environment.model_fields))
        for name, field in FIELDS:
            with self.subTest(name):
                self.assertTrue(str(field.description).endswith("."))
                if field.annotation is int:
                    self.assertTrue(field.metadata, "a number has bounds")
                    has_unit = name.endswith(("_SECONDS", "_BYTES", "_MB", "_DAYS"))
                    self.assertTrue(field.json_schema_extra["unit"] or has_unit, "a number has a unit")

    def test_the_documentation_has_a_row_for_each(self):
        page = PAGES["settings"].read()
        for name, field in FIELDS:
            with self.subTest(name):
                rows = [line for line in page.splitlines() if line.startswith(f"| `{name}` |")]
                self.assertEqual(len(rows), 1)
                self.assertIn(str(field.description), rows[0])
        self.assertIn("| `TRAINING_MAX_EPOCHS` | epochs, 1 or more | 10,000 | Epochs of one run. |", page)
        self.assertIn("| `EMAIL_PORT` | port, 1 to 65,535 | 25 |", page)
        self.assertIn("| `LOG_FORMAT` | `plain` or `json` | `plain` |", page)

    def test_django_has_what_was_read(self):
        with patch.dict(os.environ):
            env: dict[str, Any] = read_environment().model_dump()
        shared = {name for name in env if hasattr(settings, name)}
        self.assertEqual(set(env) - shared, PARTS)
        changed = {"DATA_DIR", "SECRET_KEY", "CSRF_TRUSTED_ORIGINS", "CELERY_BROKER_URL", "PROGRESS_STORAGE"}
        changed |= {"EMAIL_BACKEND", "EMAIL_FILE_PATH", "ALLOWED_HOSTS", "DEBUG"}  # some by Django's test runner
        self.assertEqual({name for name in shared if getattr(settings, name) != env[name]} - changed, set())
