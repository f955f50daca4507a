"""Parses large frames in a separate thread, so that they do not block the other sockets."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, TypeVar

Value = TypeVar("Value")

LARGE_CHARACTERS = 16_384
"""Frames of at least this length are parsed in the thread."""

# One thread: each further one would take interpreter time from the event loop.
_thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="large-frames")


async def compute(characters: int, function: Callable[..., Value], *args: Any, **kwargs: Any) -> Value:
    """Call a pure function, in the thread if it handles a frame of many characters. Raises what the function raises."""
    if characters < LARGE_CHARACTERS:
        return function(*args, **kwargs)
    return await asyncio.get_running_loop().run_in_executor(_thread, partial(function, *args, **kwargs))
