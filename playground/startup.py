"""The start of a server or worker: settings, Django, system checks. Each problem is one line, never a traceback.

`manage.py` runs the checks, too; uvicorn, daphne and Celery do not. They call `set_up` before anything else.
"""

from __future__ import annotations

import errno
import logging
import multiprocessing
import os
import socket
import sys
import threading
from pathlib import Path
from typing import Any, NoReturn

import django
from django.conf import settings
from django.core import checks
from django.core.exceptions import ImproperlyConfigured

from playground.environment.reading import WrongSettings

DATABASE_WAIT = 5.0  # seconds that the start waits for the database
SERVERS = ("uvicorn", "daphne")
PORT_OPTIONS = ("--port", "-p")
HOST_OPTIONS = ("--host", "--bind", "-b")
ELSEWHERE = ("--uds", "--fd", "-u", "--unix-socket", "-e", "--endpoint")
"""Options with which the server listens on something else than a port."""

logger = logging.getLogger(__name__)


def load_settings() -> None:
    """Read the environment. Ends the process with a line that names the variable which cannot be read."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "playground.settings")
    try:
        _ = settings.INSTALLED_APPS
    except ImproperlyConfigured as error:
        refuse(*explain(error))


def set_up() -> None:
    """Set Django up and run the system checks. Ends the process with a line for each error; warnings go to the log."""
    load_settings()
    try:
        django.setup(set_prefix=False)
    except ImproperlyConfigured as error:
        refuse(*explain(error))
    if is_management_command():
        return
    if problem := find_port_problem(sys.argv):
        refuse(problem)
    messages = [message for message in _call_in_thread(checks.run_checks) if not message.is_silenced()]
    if errors := [message for message in messages if message.is_serious()]:
        refuse(*(_render(message) for message in errors))
    for message in messages:
        logger.log(message.level, _render(message))
    _warn_of_database()


def explain(error: ImproperlyConfigured) -> list[str]:
    """Return the error in lines, one for each setting. It names DATABASE_URL if a database driver is missing."""
    if isinstance(error, WrongSettings):
        return error.lines
    prefix = "DATABASE_URL needs a driver that is not installed: " if str(error).startswith("Error loading") else ""
    return [prefix + _join(str(error))]


def refuse(*lines: str) -> NoReturn:
    """End the process with these lines on standard error."""
    for line in lines:
        print(f"playground does not start: {_join(line)}", file=sys.stderr, flush=True)
    sys.exit(1)


def is_management_command() -> bool:
    """Return whether `manage.py` has started this process: Django then runs the checks itself."""
    return Path(sys.argv[0]).name in ("manage.py", "django-admin")


def find_port_problem(arguments: list[str]) -> str:
    """Return one line if the port in this command line is in use, or an empty text.

    Child processes get their parent's socket, so they have nothing to look for.
    """
    address = find_address(arguments)
    if address is None or multiprocessing.parent_process() is not None:
        return ""
    host, port = address
    try:
        with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM) as probe:
            if os.name == "posix":  # elsewhere it would let two processes have one port
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((host, port))
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            return f"Port {port} of {host} is in use. Stop the other process, or start with another --port."
    return ""  # every other failure is the server's own to report


def find_address(arguments: list[str]) -> tuple[str, int] | None:
    """Return host and port of a command line of uvicorn or daphne. None: another program, or no port."""
    program = Path(arguments[0])
    if (program.parent.name if program.name == "__main__.py" else program.stem) not in SERVERS:
        return None
    if any(argument.split("=")[0] in ELSEWHERE for argument in arguments):
        return None
    host = _find_option(arguments, HOST_OPTIONS) or "127.0.0.1"
    port = _find_option(arguments, PORT_OPTIONS) or "8000"
    return (host, int(port)) if port.isdecimal() and 0 < int(port) < 65_536 else None


def _render(message: checks.CheckMessage) -> str:
    return _join(f"{message.msg} {message.hint or ''} ({message.id})")


def _join(text: str) -> str:
    return " ".join(text.split())


def _warn_of_database() -> None:
    """Log what is wrong with the database. No reason not to start: it may be mended while the server runs."""
    from playground.database import find_database_problem

    problem = _call_in_thread(find_database_problem, DATABASE_WAIT)
    if problem is None:
        problem = "The database in DATABASE_URL does not answer."
    if problem:
        logger.warning("%s Until then /readyz answers 503.", problem)


def _call_in_thread(function: Any, seconds: float | None = None) -> Any:
    """Call it outside of the event loop in which uvicorn imports the application: Django refuses queries there.

    Return None where it takes longer than so many seconds.
    """
    results: list[Any] = []
    failures: list[BaseException] = []

    def call() -> None:
        try:
            results.append(function())
        except BaseException as error:
            failures.append(error)

    thread = threading.Thread(target=call, name="start-up", daemon=True)
    thread.start()
    thread.join(seconds)
    if failures:
        raise failures[0]
    return results[0] if results else None


def _find_option(arguments: list[str], names: tuple[str, ...]) -> str:
    for argument, following in zip(arguments, [*arguments[1:], ""], strict=True):
        name, _, value = argument.partition("=")
        if name in names:
            return value or following
    return ""
