"""Receivers of the signals of runs: they tell the engine what to do. Connected when the app is ready."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from training.engines.base import get_engine
from training.signals import file_requested, run_cancel_requested, run_queued


def connect() -> None:
    run_queued.connect(_start_run, dispatch_uid="the engine starts runs")
    run_cancel_requested.connect(_cancel_run, dispatch_uid="the engine cancels runs")
    file_requested.connect(_build_file, dispatch_uid="the engine builds files")


def _start_run(queue: str, **_: Any) -> None:
    get_engine().wake(queue)


def _cancel_run(run_id: UUID, **_: Any) -> None:
    get_engine().cancel(run_id)


def _build_file(**_: Any) -> None:
    get_engine().wake()
