"""Columns of text as Arrow arrays: trimmed, made distinct, and put back. Everything here is vectorised."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from functools import cached_property

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

TRIED = 1_000  # cells that are cast before all are, since a cast that fails late takes long

_PLAIN_NUMBER = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)")


def is_plain_number(cell: str) -> bool:
    return _PLAIN_NUMBER.fullmatch(cell) is not None


class Text:
    """The cells of one column without outer blanks. `cells`: LargeStringArray (n,), "" where a cell is empty."""

    def __init__(self, series: pd.Series) -> None:
        array = pa.array(series.array, from_pandas=True)
        if isinstance(array, pa.ChunkedArray):
            array = array.combine_chunks()
        if not pa.types.is_large_string(array.type):
            array = array.cast(pa.large_string())
        if array.null_count:
            array = array.fill_null("")
        self.raw = array
        self.index = series.index
        self.cells = pc.utf8_trim_whitespace(array)

    def __len__(self) -> int:
        return len(self.cells)

    @cached_property
    def encoded(self) -> pa.DictionaryArray:
        """The cells as codes of their distinct values."""
        return pc.dictionary_encode(self.cells)

    @cached_property
    def distinct(self) -> list[str]:
        """The distinct cells in the order in which they first appear, the empty one included."""
        found: list[str] = self.encoded.dictionary.to_pylist()
        return found

    @cached_property
    def counts(self) -> list[int]:
        """How many cells each of `distinct` stands for."""
        return np.bincount(self.codes, minlength=len(self.distinct)).tolist()

    @property
    def codes(self) -> np.ndarray:
        codes: np.ndarray = self.encoded.indices.to_numpy(zero_copy_only=False)
        return codes

    def count(self, words: Iterable[str]) -> dict[str, int]:
        """Count the cells that are one of `words`; words without a cell are left out."""
        wanted = set(words)
        return {
            value: count for value, count in zip(self.distinct, self.counts, strict=True) if value in wanted and value
        }

    def is_in(self, words: Iterable[str]) -> np.ndarray:
        """Return which cells are one of `words`, bool (n,)."""
        found: np.ndarray = pc.is_in(self.cells, value_set=pa.array([*words], pa.large_string())).to_numpy(
            zero_copy_only=False
        )
        return found

    def cast_numbers(self, missing: Iterable[str]) -> np.ndarray | None:
        """Cast plain numbers to float64 (n,), NaN where missing; None where any other cell is no plain number."""
        words = ["", *missing]
        for none in ([""], words) if not any(map(is_plain_number, words)) else (words,):
            cells = pc.if_else(pc.is_in(self.cells, value_set=pa.array(none, pa.large_string())), None, self.cells)
            if len(cells) == cells.null_count:
                continue
            try:
                pc.cast(cells.slice(0, TRIED), pa.float64())
                return pc.cast(cells, pa.float64()).to_numpy(zero_copy_only=False)
            except pa.ArrowInvalid:
                continue
        return None

    def map_to_labels(self, read: Callable[[str], str | None]) -> pd.Series:
        """Replace each distinct cell; None is missing. Returns dtype "str"."""
        labels = pd.array([read(value) for value in self.distinct], dtype="str")
        return pd.Series(labels.take(self.codes), index=self.index)
