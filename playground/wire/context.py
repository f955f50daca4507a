"""What a line of the log is about: the connection and the run at hand. Set where each begins; read by the log."""

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
    """Every line that is logged within the block names the run."""
    token = run_id.set(str(run))
    try:
        yield
    finally:
        run_id.reset(token)


def about_its_run(function: Function) -> Function:
    """For a function whose first argument has a `run_id`."""

    @wraps(function)
    def call(job: Any, *args: Any, **kwargs: Any) -> Any:
        with about_run(job.run_id):
            return function(job, *args, **kwargs)

    return call  # type: ignore[return-value]
