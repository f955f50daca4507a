"""How this folder's functions are compiled, and where what was compiled is kept."""

from __future__ import annotations

from typing import Any

import numba
from numba import njit, types
from numba.extending import intrinsic

from training.trainers.compiled.store import find_folder

if _folder := find_folder():
    numba.config.CACHE_DIR = str(_folder)  # type: ignore[attr-defined]

OPTIONS: dict[str, Any] = {
    "error_model": "numpy",  # as arrays do: dividing by zero gives infinity, which the loop looks for
    # Sums may be added up in any order, so that they use the processor's vectors. NaN and infinity keep their meaning.
    "fastmath": {"reassoc", "contract", "nsz", "arcp"},
}

compiled: Any = njit(**OPTIONS)
entry_point: Any = njit(cache=True, **OPTIONS)
"""For what Python calls: compiled with all that it calls, and kept on disk."""


def _like(typing_context: Any, number: Any, value: Any) -> Any:
    def convert(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return context.cast(builder, arguments[0], signature.args[0], signature.return_type)

    return value(types.unliteral(number), value), convert


like: Any = intrinsic(_like)
"""`like(0.5, x)`: the number as the type of x. A plain literal would turn float32 sums into float64 ones."""
