"""A real server in a process of its own, with its own data folder, as its users have it."""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections import deque
from collections.abc import Iterator
from functools import cache
from multiprocessing.util import Finalize
from pathlib import Path
from typing import Any

from websockets.sync.client import ClientConnection, connect

ROOT = Path(__file__).parent.parent
START_SECONDS = 90
# Never through a proxy, whatever the environment says or said: `urlopen` remembers what it was when first called.
OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))


RUNSERVER = ("manage.py", "runserver", "127.0.0.1:{port}", "--noreload")
DAPHNE = ("-m", "daphne", "-b", "127.0.0.1", "-p", "{port}", "playground.asgi:application")
# The options of the documented command that bound messages; without them the server corrects itself and warns.
UVICORN_OPTIONS = ("--ws-max-size", "1050000", "--ws-per-message-deflate", "false")
UVICORN = ("-m", "uvicorn", "--host", "127.0.0.1", "--port", "{port}", *UVICORN_OPTIONS, "playground.asgi:application")


class Server:
    """A server on a free port. `start` returns when it answers and its workers are warm."""

    def __init__(self, beside: Server | None = None, command: tuple[str, ...] = RUNSERVER, **environment: str) -> None:
        """`beside` another server: on the same data."""
        self._command = command
        self._folder = beside._folder if beside else tempfile.TemporaryDirectory(prefix="playground-server-")
        self.data_dir = Path(self._folder.name)
        self.port = find_free_port()
        self._log_path = self.data_dir / f"server-{self.port}.log"
        self.url = f"http://127.0.0.1:{self.port}"
        self.environment = {
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "tests.settings",
            "DATA_DIR": self._folder.name,
            "LOG_LEVEL": "INFO",
            **environment,
        }
        self.environment.pop("DJANGO_ALLOW_ASYNC_UNSAFE", None)
        self._process: subprocess.Popen[bytes] | None = None
        if self.environment.get("DATABASE_URL"):
            self.manage("migrate", "--verbosity=0")
        elif beside is None:
            shutil.copy(find_migrated(), self.data_dir)

    def start(self) -> Server:
        self.launch()
        self.wait_until_it_answers()
        if self.environment.get("ACCOUNTS_ONLY") == "1":  # where a guest may not train
            self.wait_until_ready()
        else:
            self.warm_up()
        return self

    def warm_up(self) -> None:
        with Talk(self) as talk:  # a whole run: then workers of jobs and questions are warm
            talk.ask("checkTraining", default="IRIS")
            for _ in range(os.cpu_count() or 1):
                talk.send("runTraining", default="IRIS", epochs=2)
            for _ in range(os.cpu_count() or 1):
                talk.receive_until("trainingArtifacts")

    def wait_until_ready(self) -> None:
        """Wait until `/readyz` says that all parts answer, workers included."""
        deadline = time.monotonic() + START_SECONDS
        while True:
            try:
                visit(f"{self.url}/readyz").close()
                return
            except urllib.error.HTTPError as error:
                assert time.monotonic() < deadline, error.read()
            time.sleep(0.5)  # it has no other way to say that it is ready

    def wait_until_compiled(self) -> None:
        """Wait until the trainer is compiled. Otherwise two equal runs could use different trainers."""
        deadline = time.monotonic() + START_SECONDS
        while self.find_trainer() != "compiled":
            assert time.monotonic() < deadline, "nothing was compiled"

    def find_trainer(self) -> str:
        """Return the trainer that trains a network now. Trains one to its last file."""
        with Talk(self) as talk:
            talk.send("runTraining", default="IRIS", epochs=1)
            result = talk.receive_until("trainingResult")[-1]["data"]
            talk.receive_until("trainingArtifacts")
        return str(result["auxiliary_outputs"]["trainer"])

    def launch(self) -> None:
        command = [sys.executable, *(word.format(port=self.port) for word in self._command)]
        with open(self._log_path, "ab") as log:
            self._process = subprocess.Popen(command, cwd=ROOT, env=self.environment, stdout=log, stderr=log)

    def wait_until_it_answers(self) -> None:
        assert self._process is not None
        deadline = time.monotonic() + START_SECONDS
        while True:
            try:
                visit(self.url, timeout=5).close()
                break
            except OSError as error:  # URLError is one
                reason = error
            if time.monotonic() > deadline or self._process.poll() is not None:
                raise AssertionError(f"the server did not answer: {reason}\n{self.log()}")
            time.sleep(0.05)  # it has no other way to say that it listens

    def kill(self) -> None:
        """As when the power goes."""
        self._end(signal.SIGKILL)

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        self._end(how)

    def close(self) -> None:
        self.kill()
        self._folder.cleanup()

    def log(self) -> str:
        return self._log_path.read_text(errors="replace")

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def _end(self, how: signal.Signals) -> None:
        if self._process is not None:
            self._process.send_signal(how)
            self._process.wait(timeout=30)
            self._process = None

    def manage(self, *arguments: str) -> str:
        return run_manage(arguments, self.environment)


class Worker:
    """`celery -A playground worker` beside a server. Its log is the server's folder's."""

    def __init__(self, server: Server, *arguments: str) -> None:
        self._server = server
        self._arguments = arguments
        self._log_path = server.data_dir / f"worker-{find_free_port()}.log"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> Worker:
        command = [sys.executable, "-m", "celery", "-A", "playground", "worker", *self._arguments]
        with open(self._log_path, "ab") as log:
            self._process = subprocess.Popen(command, cwd=ROOT, env=self._server.environment, stdout=log, stderr=log)
        return self

    def kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait(timeout=30)
            self._process = None

    def stop(self) -> None:
        """As an operator does: it may end what it does, or gives it back."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait(timeout=60)
            self._process = None

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def log(self) -> str:
        return self._log_path.read_text(errors="replace")


class Talk:
    """A guest's connection: a visit for the session, then the socket. `address`: of this machine, to connect from."""

    def __init__(self, server: Server, cookie: str = "", path: str = "/ws/training/", address: str = "") -> None:
        self.server = server
        self.cookie = cookie or _begin_session(server.url)
        self._counter = 0
        self._kept: deque[dict[str, Any]] = deque()
        self.connection: ClientConnection = connect(
            server.url.replace("http", "ws", 1) + path,
            origin=server.url,  # type: ignore[arg-type]
            additional_headers={"Cookie": self.cookie},
            max_size=None,
            source_address=(address, 0) if address else None,
        )

    def __enter__(self) -> Talk:
        return self

    def __exit__(self, *_: object) -> None:
        self.connection.close()

    def send(self, event: str, **data: Any) -> str:
        self._counter += 1
        self.connection.send(json.dumps({"event": event, "data": data, "id": str(self._counter)}))
        return str(self._counter)

    def receive(self, timeout: float = 60) -> dict[str, Any]:
        return self._kept.popleft() if self._kept else self._read(timeout)

    def _read(self, timeout: float) -> dict[str, Any]:
        while True:
            frame = json.loads(self.connection.recv(timeout=timeout))
            if frame["event"] != "heartbeat":
                return frame

    def receive_until(self, *events: str, timeout: float = 60) -> list[dict[str, Any]]:
        """All frames up to and with the first of one of these events. An error that is none of them fails at once."""
        frames = [self.receive(timeout)]
        while (event := frames[-1]["event"]) not in events:
            assert event != "error", frames[-1]
            frames.append(self.receive(timeout))
        return frames

    def ask(self, event: str, **data: Any) -> dict[str, Any]:
        """The frame that answers; what comes before it is kept for `receive`."""
        wanted = self.send(event, **data)
        while (frame := self._read(60)).get("reply_to") != wanted:
            self._kept.append(frame)
        return frame


@cache
def find_migrated() -> Path:
    """The database that every server begins with: migrated once, since that takes seconds."""
    folder = tempfile.TemporaryDirectory(prefix="playground-migrated-")
    Finalize(None, folder.cleanup, exitpriority=0)  # as `atexit`, in processes of `--parallel` too
    run_manage(("migrate", "--verbosity=0"), {**os.environ, "DATA_DIR": folder.name})
    return Path(folder.name) / "playground.sqlite3"


def run_manage(arguments: tuple[str, ...], environment: dict[str, str]) -> str:
    command = [sys.executable, "manage.py", *arguments]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return done.stdout


@contextlib.contextmanager
def serving(**environment: str) -> Iterator[Server]:
    server = Server(**environment)
    try:
        yield server.start()
    finally:
        server.close()


def find_free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


def visit(url: str, timeout: float = 30, cookie: str = "") -> Any:
    """The response to a GET of a page of a server on this machine."""
    return OPENER.open(urllib.request.Request(url, headers={"Cookie": cookie}), timeout=timeout)


def _begin_session(url: str) -> str:
    with visit(url) as response:
        cookies = " ".join(response.headers.get_all("Set-Cookie") or [])
    found = re.search(r"sessionid=\w+", cookies)
    assert found, "the page set no session"
    return found.group()
