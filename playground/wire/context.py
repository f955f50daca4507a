"""Context of log lines: the ids of the connection and of the run. Set where each begins, read by the log formatter."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import wraps
from typing import Any, TypeVar
from uuid import UUID

Function = TypeVar("Function", bound=Callable[..., Any])

connection_id: ContextVar[str] = ContextVar("connection_id", default="")
run_id: ContextVar[str] = ContextVar("run_id", default="")


@contextmanager
def about_run(run: UUID) -> Iterator[None]:
    """Name the run in every line that is logged within the block."""
    token = run_id.set(str(run))
    try:
        yield
    finally:
        run_id.reset(token)


def about_its_run(function: Function) -> Function:
    """Decorate a function whose first argument has a `run_id`: its log lines name this run."""

    @wraps(function)
    def call(job: Any, *args: Any, **kwargs: Any) -> Any:
        with about_run(job.run_id):
            return function(job, *args, **kwargs)

    return call  # type: ignore[return-value]
