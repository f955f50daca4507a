"""Parses large frames in a thread of their own, so that one of them does not keep all other sockets waiting."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, TypeVar

Value = TypeVar("Value")

LARGE_CHARACTERS = 16_384
"""Frames of this length and more are parsed in the thread."""

# One thread: of several, each would take a part of the interpreter's time from the event loop.
_thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="large-frames")


async def compute(characters: int, function: Callable[..., Value], *args: Any, **kwargs: Any) -> Value:
    """Return what a pure function makes of a frame with so many characters. Raises what the function raises."""
    if characters < LARGE_CHARACTERS:
        return function(*args, **kwargs)
    return await asyncio.get_running_loop().run_in_executor(_thread, partial(function, *args, **kwargs))
