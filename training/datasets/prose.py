"""Tell prose, which becomes text features, from names, addresses and codes. Called by `columns`."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd

SAMPLE = 300  # distinct values that are examined
SAMPLE_CHARACTERS = 2_000  # characters of each value that are examined
MIN_WORDS = 3.0  # average number of words; fewer are enough if their number varies, as in short reviews
MIN_WORDS_VARIED = 1.5
MIN_VARIATION = 0.75  # standard deviation of the number of words
MIN_UNCAPITALISED = 0.35  # share of capitalised words other than the first; names and addresses capitalise almost all
ADDRESS_UNCAPITALISED = 0.55  # the same limit if almost every cell has a number in it
ADDRESS_NUMBERS = 0.8  # share of the cells with a number

_WORD = re.compile(r"(?<!\S)[^\w\s]*([^\W\d_])\S*")  # a word up to its first letter
_NUMBER = re.compile(r"\b\d+\b")


def is_prose(values: pd.Series) -> bool:
    """Return whether texts are sentences or short remarks rather than names, addresses, links or codes.

    `values`: text without missing values. An even sample of the distinct values is examined.
    """
    distinct = values.unique()
    chosen = distinct[np.unique(np.linspace(0, len(distinct) - 1, min(len(distinct), SAMPLE)).astype(int))]
    texts = [str(text)[:SAMPLE_CHARACTERS] for text in chosen]
    words = [_WORD.findall(text) for text in texts]
    counts = np.array([len(found) for found in words])
    if counts.mean() < MIN_WORDS and not (counts.mean() >= MIN_WORDS_VARIED and counts.std() >= MIN_VARIATION):
        return False
    inner = [letter for found in words for letter in found[1:]]
    capitalised = sum(letter.isupper() for letter in inner)
    numbered = np.mean([_NUMBER.search(text) is not None for text in texts])
    least = ADDRESS_UNCAPITALISED if numbered >= ADDRESS_NUMBERS else MIN_UNCAPITALISED
    return bool(1 - capitalised / max(1, len(inner)) >= least)
