"""Stand-ins for DynamoDB in processes of their own: dynalite, which is exact with concurrent writers, and moto."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
import unittest

from tests.server import ROOT, find_free_port

START_SECONDS = 60
DYNALITE = shutil.which("dynalite") or shutil.which("dynalite", path=ROOT / "var/npm/node_modules/.bin")
# Credentials that every AWS client needs, and that emulators do not check.
AWS_ENVIRONMENT = {"AWS_ACCESS_KEY_ID": "local", "AWS_SECRET_ACCESS_KEY": "local", "AWS_DEFAULT_REGION": "us-east-1"}

needs_dynalite = unittest.skipUnless(
    DYNALITE or os.environ.get("CI"), "there is no dynalite here: playground/docs/testing.md says how to install it"
)


class StandIn:
    """A server on a free port. The constructor returns when it listens. Its data are in memory."""

    def __init__(self, *command: str) -> None:
        self.port = find_free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._process = subprocess.Popen(
            [word.format(port=self.port) for word in command], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        deadline = time.monotonic() + START_SECONDS
        while not self._listens():
            if time.monotonic() > deadline or self._process.poll() is not None:
                self.kill()
                raise AssertionError(f"{command[0]} did not start")
            time.sleep(0.05)  # it has no other way to say that it listens

    def kill(self) -> None:
        self._process.kill()
        self._process.wait(timeout=30)

    def _listens(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0


def start_dynalite() -> StandIn:
    assert DYNALITE, "dynalite is missing"
    return StandIn(DYNALITE, "--host", "127.0.0.1", "--port", "{port}", "--createTableMs", "0", "--deleteTableMs", "0")


def start_moto() -> StandIn:
    return StandIn(sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", "{port}")
