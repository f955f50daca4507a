"""Things done by several threads at the same moment."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from django.db import connection

PATIENCE = 120  # seconds


def at_once(actions: Sequence[Callable[[], Any]]) -> list[Any]:
    """Call the functions in threads that start together. Return the results in order, or raise the first error."""
    gate = threading.Barrier(len(actions))

    def act(action: Callable[[], Any]) -> Any:
        gate.wait(PATIENCE)
        try:
            return action()
        finally:
            connection.close()  # it is this thread's own

    with ThreadPoolExecutor(len(actions)) as pool:
        return [future.result(PATIENCE) for future in [pool.submit(act, action) for action in actions]]
