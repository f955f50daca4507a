"""How benchmarks speak: a Markdown table, each number beside what is expected of it, and the machine under them."""

from __future__ import annotations

import os
import platform
import statistics
from collections.abc import Callable, Iterable
from pathlib import Path
from time import perf_counter

import torch


def describe_machine() -> str:
    processor = platform.processor() or platform.machine()
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        names = [
            line.split(":", 1)[1].strip() for line in cpuinfo.read_text().splitlines() if line.startswith("model name")
        ]
        processor = names[0] if names else processor
    return f"{os.cpu_count()} cores, {processor}, Python {platform.python_version()}, torch {torch.__version__}"


def begin_report() -> None:
    print(f"{describe_machine()}:\n\n| what | measured | expected | |\n|---|---|---|---|", flush=True)


def report(name: str, measured: str, expected: str, holds: bool) -> bool:
    print(f"| {name} | {measured} | {expected} | {'✓' if holds else 'missed'} |", flush=True)
    return holds


def time_of(function: Callable[[], object]) -> float:
    """Seconds."""
    began = perf_counter()
    function()
    return perf_counter() - began


def median_ms(seconds: Iterable[float]) -> float:
    return 1000 * statistics.median(seconds)
