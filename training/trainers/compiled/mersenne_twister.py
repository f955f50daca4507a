"""Draw torch's dropout masks with compiled code, about four times as fast as torch.

The Mersenne Twister (Matsumoto and Nishimura, 1998) on the state of torch's CPU generator. Called by `dropout_masks` if
`matches_torch`.
"""

from __future__ import annotations

import math
from functools import cache
from typing import Any

import numpy as np
import torch

from training.trainers.compiled.jit import compiled, entry_point

N, M = 624, 397
LEFT, NEXT, STATE = 2, 4, 6  # offsets in torch's state, in 32-bit words; a word of STATE takes two
BITS = 53  # bits of a uniform number


def threshold_of(p: float) -> int:
    """Return the threshold of a probability: a uniform number k / 2**53 is less than p if k is less than this."""
    return math.ceil(p * 2**BITS)


@cache
def matches_torch() -> bool:
    """Return whether the masks equal torch's. With MKL on Intel CPUs torch draws them differently."""
    theirs, ours = (torch.Generator().manual_seed(5) for _ in range(2))
    state = ours.get_state()
    for sizes in ([1], [700, 299], [2]):
        expected = [torch.empty(size).bernoulli_(0.3, generator=theirs) for size in sizes]
        drawn = np.zeros(sum(sizes), np.float32)
        widths, thresholds = np.ones(1, np.int64), np.array([threshold_of(0.3)])
        for size, part in zip(sizes, np.split(drawn, np.cumsum(sizes)[:-1]), strict=True):
            draw_masks(state.numpy().view(np.uint32), part, np.array([size]), size, widths, thresholds)
        if not np.array_equal(torch.cat(expected).numpy(), drawn) or not torch.equal(theirs.get_state(), state):
            return False
    return True


@entry_point
def draw_masks(words: Any, out: Any, sizes: Any, rows: int, widths: Any, thresholds: Any) -> None:
    """Draw dropout masks.

    Parameters
    ----------
    words : ndarray of uint32
        The state of a torch generator, which is updated.
    out : ndarray
        For each batch of `sizes`, a block of `rows` * width numbers per dropout, of which size * width are drawn.
    widths, thresholds : ndarray of int64
        Of the dropouts. A threshold of 2**53 draws nothing.
    """
    state, fresh = np.empty(N, np.uint32), np.empty(N, np.uint32)
    for i in range(N):
        state[i] = words[STATE + 2 * i]
    _temper(state, fresh)
    place = N if words[LEFT] == 1 else np.int64(words[NEXT])
    start = 0
    for size in sizes:
        for layer in range(widths.size):
            if thresholds[layer] < 2**BITS:
                place = _draw(state, fresh, place, out[start : start + size * widths[layer]], thresholds[layer])
            start += rows * widths[layer]
    for i in range(N):
        words[STATE + 2 * i] = state[i]
    words[LEFT], words[NEXT] = N + 1 - place, place


@compiled
def _draw(state: Any, fresh: Any, place: int, out: Any, threshold: int) -> int:
    """Draw numbers of two words each, the upper word first. Returns the next position in `fresh`."""
    i = 0
    while i < out.size:
        if place >= N - 1:
            upper = fresh[N - 1]
            _twist(state)
            _temper(state, fresh)
            if place == N - 1:  # one word of the last block is left
                out[i] = 1 if _join(upper, fresh[0]) < threshold else 0
                i += 1
            place = 1 if place == N - 1 else 0
        count = min((N - place) // 2, out.size - i)
        for j in range(count):
            out[i + j] = 1 if _join(fresh[place + 2 * j], fresh[place + 2 * j + 1]) < threshold else 0
        place += 2 * count
        i += count
    return place


@compiled
def _join(upper: Any, lower: Any) -> Any:
    return np.int64(upper & np.uint32(2 ** (BITS - 32) - 1)) * 2**32 + np.int64(lower)


@compiled
def _twist(state: Any) -> None:
    # Three loops instead of one with remainders, so that the compiler can vectorise them.
    for i in range(N - M):
        state[i] = state[i + M] ^ _mix(state[i], state[i + 1])
    for i in range(N - M, N - 1):
        state[i] = state[i + M - N] ^ _mix(state[i], state[i + 1])
    state[N - 1] = state[M - 1] ^ _mix(state[N - 1], state[0])


@compiled
def _mix(one: Any, next_one: Any) -> Any:
    mixed = (one & np.uint32(0x80000000)) | (next_one & np.uint32(0x7FFFFFFF))
    odd = np.uint32(0) - (next_one & np.uint32(1))  # all bits, or none
    return (mixed >> np.uint32(1)) ^ (odd & np.uint32(0x9908B0DF))


@compiled
def _temper(state: Any, fresh: Any) -> None:
    for i in range(N):
        y = state[i]
        y ^= y >> np.uint32(11)
        y ^= (y << np.uint32(7)) & np.uint32(0x9D2C5680)
        y ^= (y << np.uint32(15)) & np.uint32(0xEFC60000)
        fresh[i] = y ^ (y >> np.uint32(18))
