"""Base class of the attacks: one server for all classes that want the same environment, and its accounts."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from functools import cache
from multiprocessing.util import Finalize
from typing import Any, ClassVar

from django.test import SimpleTestCase

from tests.attacks.visitor import PASSWORD, Visitor
from tests.server import DAPHNE, ROOT, UVICORN, Server, Talk

COMMANDS = {"uvicorn": UVICORN, "daphne": DAPHNE}
ATTACKED = os.environ.get("ATTACKED_SERVER", "uvicorn")
"""Which ASGI server is attacked. `python -m tests.attacks` attacks each in turn."""

_servers: dict[tuple[tuple[str, str], ...], Server] = {}


class AttackTestCase(SimpleTestCase):
    """Tests that attack a real server in a process of its own.

    Classes without an `environment` of their own share one server, so a test must not depend on what others left there:
    it makes its own accounts (`make_user`) and guests (`visitor`). Any other server ends with its class: an idle server
    would take time from the tests that follow.
    """

    environment: ClassVar[dict[str, str]] = {}
    server: ClassVar[Server]

    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        cls.server = find_server(cls.environment)
        if cls.environment:
            cls.addClassCleanup(close_server, cls.environment)

    def visitor(self, address: str = "", **headers: str) -> Visitor:
        """Return a new browser without cookies. `address`: such as 127.0.0.2, to come from there."""
        return Visitor(self.server, address, **headers)

    def guest(self, path: str = "/ws/training/", address: str = "") -> Talk:
        """Return an open socket of a new guest, closed at the end of the test."""
        talk = self.visitor(address).talk(path)
        self.addCleanup(talk.connection.close)
        return talk

    def make_user(self, username: str, **fields: Any) -> None:
        """Create an account with PASSWORD. `fields` are attributes of the user, such as `is_staff=True`.

        `groups=["Teachers"]` adds the user to existing groups, `permissions=["view_dataset"]` gives permissions.
        """
        groups, permissions = fields.pop("groups", []), fields.pop("permissions", [])
        self.operate(
            "from django.contrib.auth.models import Group, Permission, User; "
            f"user = User.objects.create_user({username!r}, password={PASSWORD!r}, **{fields!r}); "
            f"user.groups.set(Group.objects.filter(name__in={groups!r})); "
            f"user.user_permissions.set(Permission.objects.filter(codename__in={permissions!r}))"
        )

    def operate(self, code: str) -> None:
        """Run Python code in the server's environment, as `manage.py shell -c` does, in a process that stays."""
        find_console(self.server).run(code)


class Console:
    """A Django process beside a server. It runs what it is sent, one JSON string a line."""

    LOOP = """
import django, json, sys, traceback
django.setup()
from django.db import connections
for line in sys.stdin:
    try:
        connections.close_all()  # the database may have been stopped meanwhile
        exec(json.loads(line), {})
        print(json.dumps(""), flush=True)
    except BaseException:
        print(json.dumps(traceback.format_exc()), flush=True)
"""

    def __init__(self, server: Server) -> None:
        environment = {**server.environment, "DJANGO_SETTINGS_MODULE": "tests.settings"}
        self._process = subprocess.Popen(
            [sys.executable, "-c", self.LOOP],
            cwd=ROOT,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        Finalize(None, self._process.kill, exitpriority=11)

    def run(self, code: str) -> None:
        assert self._process.stdin and self._process.stdout
        self._process.stdin.write(json.dumps(code) + "\n")
        self._process.stdin.flush()
        failure = json.loads(self._process.stdout.readline())
        assert not failure, failure


@cache
def find_console(server: Server) -> Console:
    return Console(server)


def close_server(environment: dict[str, str]) -> None:
    """End the server with this environment."""
    server = _servers.pop(tuple(sorted(environment.items())), None)
    if server is not None:
        server.close()


def find_server(environment: dict[str, str]) -> Server:
    """Return the running server with this environment. It is started at the first call."""
    key = tuple(sorted(environment.items()))
    if key not in _servers:
        server = Server(command=COMMANDS[ATTACKED], **environment)
        Finalize(None, server.close, exitpriority=10)  # unlike atexit, also in processes of `--parallel`
        _servers[key] = server.start()
    return _servers[key]
