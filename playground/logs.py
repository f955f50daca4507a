"""Logging: one record per line, as text or as JSON, with the ids of the connection and the run.

Secret links are hidden in every record, also in those of libraries, since servers log the path of each request.
"""

from __future__ import annotations

import json
import logging
import re
from datetime import UTC, datetime
from typing import Any

from playground.wire import context

HIDDEN = "…"
_SLASH = "(?:/|%2F)"
# Links that reset a password, confirm an address, stop reports, or show a shared run.
_PATHS = ("/account/password/new/", "/settings/email/", "/settings/reports/", "/shared/")
_STARTS = "|".join(_SLASH.join(path.split("/")) for path in _PATHS)
_LINK = re.compile(rf"({_STARTS})(?:\w+{_SLASH})?[\w%:-]{{16,}}", re.IGNORECASE)
# Control characters could start another line or move a terminal's cursor, which would forge a record.
_ESCAPES = {code: f"\\x{code:02x}" for code in (*range(32), *range(127, 160))}
_ESCAPES |= {ord("\n"): "\\n", ord("\r"): "\\r", ord("\t"): "\\t", 0x2028: "\\u2028", 0x2029: "\\u2029"}


def build_logging(log_format: str, level: str) -> dict[str, Any]:
    """Return Django's LOGGING. The format is a key of FORMATTERS, the level the name of a level of `logging`."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"chosen": {"()": FORMATTERS[log_format]}},
        "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "chosen"}},
        "root": {"handlers": ["console"], "level": level},
        "loggers": {
            **{name: {"level": "WARNING"} for name in ("django.channels.server", "daphne", "botocore")},
            # uvicorn writes its own lines unless it propagates them.
            **{name: {"propagate": True} for name in ("uvicorn", "uvicorn.access", "uvicorn.error")},
        },
    }


class PlainFormatter(logging.Formatter):
    """`2026-01-31 09:00:00,000 INFO name: message [run=…]`; the lines of a traceback are indented below it."""

    def format(self, record: logging.LogRecord) -> str:
        about = " ".join(f"{name}={value}" for name, value in _describe().items())
        head = f"{self.formatTime(record)} {record.levelname} {record.name}: {_escape(record.getMessage())}"
        return hide_links("\n    ".join([f"{head} [{about}]" if about else head, *self._trace(record)]))

    def _trace(self, record: logging.LogRecord) -> list[str]:
        text = _render_traceback(self, record)
        return [_escape(line) for line in text.splitlines()]


class JsonFormatter(logging.Formatter):
    """One JSON object a line: time, level, logger, message, and where known connection_id, run_id and traceback."""

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
            **{f"{name}_id": value for name, value in _describe().items()},
        }
        if traceback := _render_traceback(self, record):
            line["traceback"] = traceback
        return hide_links(json.dumps(line))  # in ASCII: no character of a message can end the line


def hide_links(text: str) -> str:
    """Return the text with the token of each secret link replaced, also where the link is percent-encoded."""
    return _LINK.sub(rf"\1{HIDDEN}", text)


def hide_links_in_daphne() -> None:
    """Take secret links out of daphne's access log, which it writes to standard output itself."""
    from daphne.access import AccessLogGenerator  # type: ignore[import-untyped]

    write_entry = AccessLogGenerator.write_entry

    def write_hidden(self: AccessLogGenerator, host: str, date: datetime, request: str, **rest: Any) -> None:
        write_entry(self, host, date, hide_links(request), **rest)

    AccessLogGenerator.write_entry = write_hidden


FORMATTERS: dict[str, type[logging.Formatter]] = {"plain": PlainFormatter, "json": JsonFormatter}


def _describe() -> dict[str, str]:
    known = {"connection": context.connection_id.get(), "run": context.run_id.get()}
    return {name: value for name, value in known.items() if value}


def _render_traceback(formatter: logging.Formatter, record: logging.LogRecord) -> str:
    parts = [formatter.formatException(record.exc_info)] if record.exc_info else []
    return "\n".join(parts + ([formatter.formatStack(record.stack_info)] if record.stack_info else []))


def _escape(text: str) -> str:
    return text.translate(_ESCAPES)
