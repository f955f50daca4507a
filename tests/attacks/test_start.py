"""A server or worker whose settings cannot work says so in one line, and does not start."""

from __future__ import annotations

import os
import resource
import socket
import stat
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from django.test import SimpleTestCase

from tests.attacks.cases import ATTACKED, COMMANDS
from tests.server import ROOT, Server, find_free_port

CELERY = ("-m", "celery", "-A", "playground", "worker", "-c", "1")
SECONDS = 60
UNREADABLE = (
    ("EMAIL_PORT", "abc"),
    ("LOG_LEVEL", "LOUD"),
    ("DATABASE_URL", "postgres://ada:hunter2@host:port/name"),
    ("DATABASE_URL", "mysql://ada:hunter2@host/name"),
    ("DATA_DIR", "/dev/null/data"),
)
"""What the settings themselves cannot read: the first one ends the start."""

UNUSABLE = {
    "REDIS_URL": "localhost:6379",
    "PUBLIC_URL": "lab.example.org",
    "ALLOWED_HOSTS": "https://lab.example.org",
    "CSRF_TRUSTED_ORIGINS": "lab.example.org",
    "FILE_STORAGE": "dropbox",
    "TRAINING_ENGINE": "steam",
    "LINK_NETWORKS": "10.1/33",
    "LINK_PORTS": "http",
    "EMAIL_BACKEND": "pigeon",
    "PROGRESS_STORAGE": "paper",
}
"""What the system checks find: all of it is said at once, a line each."""


def run(command: tuple[str, ...], limit_files: bool = False, **environment: str) -> subprocess.CompletedProcess[str]:
    """Start a server or worker and wait for its end."""

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))  # no file can grow, as on a full disk

    with tempfile.TemporaryDirectory() as folder:
        return subprocess.run(
            [sys.executable, *(word.format(port=find_free_port()) for word in command)],
            cwd=ROOT,
            env={**os.environ, "DATA_DIR": folder, **environment},
            capture_output=True,
            text=True,
            timeout=SECONDS,
            preexec_fn=limit if limit_files else None,
        )


class RefusalTests(SimpleTestCase):
    def assert_refused(self, done: subprocess.CompletedProcess[str], name: str) -> None:
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertEqual(len(done.stderr.strip().splitlines()), 1, done.stderr)
        self.assertIn(name, done.stderr)
        self.assertNotIn("Traceback", done.stderr)
        self.assertNotIn("hunter2", done.stderr)

    def test_a_server_names_the_variable_that_it_cannot_use(self):
        for name, value in (*UNREADABLE, ("REDIS_URL", "localhost:6379")):
            with self.subTest(name=name, value=value):
                self.assert_refused(run(COMMANDS[ATTACKED], **{name: value}), name)

    def test_a_server_names_everything_that_its_checks_find(self):
        done = run(COMMANDS[ATTACKED], **UNUSABLE)
        lines = done.stderr.strip().splitlines()
        self.assertEqual((done.returncode, len(lines)), (1, len(UNUSABLE)), done.stderr)
        for name in UNUSABLE:
            with self.subTest(name=name):
                self.assertEqual(
                    len([line for line in lines if f": {name} " in line or f": {name}:" in line]), 1, lines
                )

    def test_a_celery_worker_does_too(self):
        working = {"TRAINING_ENGINE": "celery", "REDIS_URL": "redis://localhost:6379/0"}
        for name, value in (
            ("REDIS_URL", "localhost:6379"),
            ("EMAIL_PORT", "abc"),
            ("TRAINING_ENGINE", "local"),
        ):
            with self.subTest(name=name):
                self.assert_refused(run(CELERY, **{**working, name: value}), name)

    def test_a_port_that_is_in_use_is_named(self):
        with socket.create_server(("127.0.0.1", 0)) as listener:
            port = listener.getsockname()[1]
            command = tuple(word.format(port=port) for word in COMMANDS[ATTACKED])
            done = run(command)
        self.assert_refused(done, "--port")
        self.assertIn(str(port), done.stderr)

    def test_a_disk_that_takes_nothing_more_is_named_by_its_setting(self):
        for environment in ({}, {"SECRET_KEY": "given"}):
            with self.subTest(environment):
                self.assert_refused(run(COMMANDS[ATTACKED], limit_files=True, **environment), "DATA_DIR")


class WarningTests(SimpleTestCase):
    """Problems that do not prevent a server from starting are logged once."""

    def start(self, prepare=lambda folder: None, **environment: str) -> tuple[Server, str]:
        server = Server(command=COMMANDS[ATTACKED], **environment)
        self.addCleanup(server.close)
        prepare(server.data_dir)
        server.launch()
        server.wait_until_it_answers()
        return server, server.log()

    def test_misspelled_variables_are_named_and_open_files_closed(self):
        def open_up(folder: Path) -> None:
            for name in ("playground.sqlite3-wal", "secret_key"):
                (folder / name).touch()
            (folder / "secret_key").write_text("x" * 50)
            (folder / "files").mkdir()
            for path in (folder, *folder.iterdir()):
                path.chmod(0o755 if path.is_dir() else 0o644)

        server, log = self.start(
            open_up, ALOWED_HOSTS="lab.example.org", DJANGO_DEBUG="0", HOSTNAME="x", EMAIL_SENDERS="4"
        )
        for name in ("ALOWED_HOSTS", "DJANGO_DEBUG", "ALLOWED_HOSTS", "EMAIL_SENDERS is no longer read"):
            self.assertIn(name, log)
        self.assertNotIn("HOSTNAME", log)
        self.assertIn("Other users of this machine can no longer read", log)
        server.warm_up()
        found = [server.data_dir, *server.data_dir.rglob("*")]
        self.assertGreater(len(found), 10)
        for path in found:
            if path.name.startswith("server-"):  # the log, which this test has opened
                continue
            with self.subTest(path=str(path)):
                self.assertEqual(stat.S_IMODE(path.stat().st_mode) & 0o077, 0)

    def launch(self, server: Server, line: str) -> str:
        """Start the server and return its log as soon as it holds this line."""
        server.launch()
        deadline = time.monotonic() + SECONDS
        while line not in server.log():
            self.assertLess(time.monotonic(), deadline, server.log())
            time.sleep(0.05)  # the log is a file, which cannot be waited for
        return server.log()

    def test_a_database_without_migrations_is_said_in_one_line(self):
        server = Server(command=COMMANDS[ATTACKED])
        self.addCleanup(server.close)
        (server.data_dir / "playground.sqlite3").unlink()
        log = self.launch(server, "/readyz answers 503")
        self.assertRegex(log, r"The database lacks \d+ migrations .* Run `python manage.py migrate`")
        self.assertNotIn("Traceback", log)

    def test_a_database_that_is_away_is_said_without_its_password(self):
        server = Server(command=COMMANDS[ATTACKED])
        self.addCleanup(server.close)
        server.environment["DATABASE_URL"] = f"postgres://ada:hunter2@127.0.0.1:{find_free_port()}/name"
        log = self.launch(server, "/readyz answers 503")
        self.assertIn("DATABASE_URL", log)
        self.assertNotIn("hunter2", log)
        self.assertNotIn("Traceback", log)
