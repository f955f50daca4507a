"""Options of numba's compiler, and the directory of compiled code."""

from __future__ import annotations

from typing import Any

import numba
from numba import njit, types
from numba.extending import intrinsic

from training.trainers.compiled.code_cache import find_cache_folder

if _folder := find_cache_folder():
    numba.config.CACHE_DIR = str(_folder)  # type: ignore[attr-defined]

OPTIONS: dict[str, Any] = {
    "error_model": "numpy",  # dividing by zero gives infinity, which `fit_network` reports
    # Sums may be computed in any order, so that they can be vectorised. NaN and infinity keep their meaning.
    "fastmath": {"reassoc", "contract", "nsz", "arcp"},
}

compiled: Any = njit(**OPTIONS)
entry_point: Any = njit(cache=True, **OPTIONS)
"""For functions that Python calls. They are compiled with all functions that they call, and cached on disk."""


def _like(typing_context: Any, number: Any, value: Any) -> Any:
    def convert(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return context.cast(builder, arguments[0], signature.args[0], signature.return_type)

    return value(types.unliteral(number), value), convert


like: Any = intrinsic(_like)
"""`like(0.5, x)` converts a number to the type of x. A plain literal would turn float32 sums into float64 sums."""
