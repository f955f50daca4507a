"""Redis and PostgreSQL on ports and folders of their own, to be used, killed and started again."""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
import unittest
from collections.abc import Callable
from pathlib import Path

import psutil
import psycopg
from django.db import connection

from tests.server import find_free_port

REDIS = shutil.which("redis-server")
POSTGRES = shutil.which("postgres") or next(map(str, sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"))), None)
START_SECONDS = 60

needs_redis = unittest.skipUnless(REDIS or os.environ.get("CI"), "there is no Redis: apt-get install redis-server")
needs_postgres = unittest.skipUnless(
    POSTGRES or os.environ.get("CI"), "there is no PostgreSQL: apt-get install postgresql"
)


def find_database_url() -> str:
    """Of the database that the tests themselves work on, for processes beside them."""
    database = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{database['NAME']}"
    return "postgres://{USER}:{PASSWORD}@{HOST}:{PORT}/{NAME}".format_map(database)


class Redis:
    """Keeps nothing on disk: what it held is gone when it is killed, as with a broker that is replaced."""

    def __init__(self) -> None:
        self.port = find_free_port()
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self._folder = tempfile.TemporaryDirectory(prefix="playground-redis-")
        self.start()

    def start(self) -> None:
        assert REDIS, "redis-server is missing"
        command = [REDIS, "--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]
        self._process = subprocess.Popen(command, cwd=self._folder.name, stdout=subprocess.DEVNULL)
        _wait(lambda: _answers(self.port), self._process, "Redis")

    def kill(self) -> None:
        self._process.kill()
        self._process.wait(timeout=30)

    def close(self) -> None:
        self.kill()
        self._folder.cleanup()


class PostgreSQL:
    """A cluster of its own, which outlives being killed: that is what it is for."""

    def __init__(self) -> None:
        assert POSTGRES, "postgres is missing"
        self.port = find_free_port()
        self.url = f"postgres://postgres@127.0.0.1:{self.port}/postgres"
        self._folder = tempfile.TemporaryDirectory(prefix="playground-postgres-")
        self._user = "postgres" if os.geteuid() == 0 else None  # it refuses to run as root
        if self._user:
            os.chown(self._folder.name, pwd.getpwnam(self._user).pw_uid, -1)
        initdb = str(Path(os.path.realpath(POSTGRES)).with_name("initdb"))
        command = [initdb, "-D", self._data, "-U", "postgres", "--auth=trust", "--no-sync", "-E", "UTF8", "--locale=C"]
        subprocess.run(
            command, user=self._user, cwd=self._folder.name, check=True, stdout=subprocess.DEVNULL, timeout=120
        )
        self.start()

    @property
    def _data(self) -> str:
        return str(Path(self._folder.name) / "data")

    def start(self) -> None:
        assert POSTGRES
        options = {
            "listen_addresses": "127.0.0.1",
            "unix_socket_directories": "",
            "max_connections": "300",
            "fsync": "off",
        }
        command = [POSTGRES, "-D", self._data, "-p", str(self.port)]
        command += [word for name, value in options.items() for word in ("-c", f"{name}={value}")]
        self._process = subprocess.Popen(
            command,
            user=self._user,
            cwd=self._folder.name,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        _wait(self._is_ready, self._process, "PostgreSQL")

    def kill(self) -> None:
        """Kill all of its processes at once. The system lives on, with what they had written: nothing needs fsync.

        Each has a process group of its own. One that outlived the first would disturb the next start.
        """
        processes = psutil.Process(self._process.pid).children(recursive=True) if self._process.poll() is None else []
        self._process.kill()
        for process in processes:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()
        self._process.wait(timeout=30)
        psutil.wait_procs(processes, timeout=30)
        Path(self._data, "postmaster.pid").unlink(missing_ok=True)

    def close(self) -> None:
        self.kill()
        self._folder.cleanup()

    def _is_ready(self) -> bool:
        try:
            psycopg.connect(self.url, connect_timeout=2).close()
        except psycopg.OperationalError:
            return False
        return True


def _answers(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _wait(is_ready: Callable[[], bool], process: subprocess.Popen[bytes], what: str) -> None:
    deadline = time.monotonic() + START_SECONDS
    while not is_ready():
        if time.monotonic() > deadline or process.poll() is not None:
            raise AssertionError(f"{what} did not start")
        time.sleep(0.05)  # it has no other way to say that it listens
