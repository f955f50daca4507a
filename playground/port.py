"""The port that a server is to listen on, from its command line: whether another process has it already.

uvicorn and daphne bind their port last, after the workers have been started for nothing.
"""

from __future__ import annotations

import errno
import multiprocessing
import os
import socket
from pathlib import Path

SERVERS = ("uvicorn", "daphne")
PORT_OPTIONS = ("--port", "-p")
HOST_OPTIONS = ("--host", "--bind", "-b")
ELSEWHERE = ("--uds", "--fd", "-u", "--unix-socket", "-e", "--endpoint")
"""Options with which the server listens on something else than a port."""


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


def _find_option(arguments: list[str], names: tuple[str, ...]) -> str:
    for argument, following in zip(arguments, [*arguments[1:], ""], strict=True):
        name, _, value = argument.partition("=")
        if name in names:
            return value or following
    return ""
