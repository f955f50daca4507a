"""What all formats have in common."""

from __future__ import annotations

import numpy as np
import pandas as pd
from pydantic import BaseModel, ConfigDict

from training.datasets.formats.text import Text
from training.datasets.formats.words import NO_VALUES


class Format(BaseModel):
    """How the cells of a column are read. `missing`: the words that mean "no value", besides the empty cell."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    missing: tuple[str, ...] = NO_VALUES

    def parse(self, text: pd.Series) -> pd.Series:
        """Read cells. Those that are missing or unreadable are NaN, or NaT."""
        return self.read(Text(text))

    def read(self, text: Text) -> pd.Series:
        raise NotImplementedError

    def find_unreadable(self, text: Text, values: pd.Series) -> np.ndarray:
        """Return which cells hold something that is neither a value nor a missing word, bool (n,)."""
        lost = values.isna().to_numpy(copy=True)
        if lost.any():
            lost &= ~text.is_in(["", *self.missing])
        return lost
