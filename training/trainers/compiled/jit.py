"""How this folder's functions are compiled, and where what was compiled is kept."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import numba
from numba import njit, types
from numba.extending import intrinsic


def _fingerprint() -> str:
    """Of this folder's sources: numba itself would only notice a change in the module of the function that it keeps."""
    sources = sorted(Path(__file__).parent.glob("*.py"))
    return hashlib.sha256(b"".join(path.read_bytes() for path in sources)).hexdigest()[:16]


_config: Any = numba.config
if _config.CACHE_DIR:  # the environment's NUMBA_CACHE_DIR, which a worker sets; beside the sources otherwise
    _config.CACHE_DIR = str(Path(_config.CACHE_DIR) / _fingerprint())

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
