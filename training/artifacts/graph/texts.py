"""Convert a text column to TF-IDF and number of words, as scikit-learn's vectorizers do, without a system locale.

`StringNormalizer` needs a locale that a system may lack, and skl2onnx's tokenizer splits words such as `größe`. Here
each row is converted to lower case by a table of all characters, as in `str.lower` (a capital sigma at the end of a
word becomes `ς`). It is split into words by a regular expression of onnxruntime's own operator `Tokenizer` (domain
`com.microsoft`). Rows are processed one by one, so that a long text does not make the other rows larger.
"""

from __future__ import annotations

import sys
from functools import cache
from typing import Any

import numpy as np

from training.artifacts.graph.nodes import ML_DOMAIN, RUNTIME_DOMAIN, Nodes

WORD = r"[\p{L}\p{N}_]+"
SIGMA, FINAL_SIGMA = "Σ", "ς"
SURROGATES = range(0xD800, 0xE000)


def add_text(nodes: Nodes, name: str, vectorizer: Any) -> tuple[str, str]:
    """Return TF-IDF, float32 (n, n_terms), or "" without a vectorizer; and the numbers of words, double (n, 1)."""
    from onnx import TensorProto, helper

    row = nodes.branch()
    text = row.name()
    lowered = _add_lower_case(row, row.add("Reshape", text, row.constant([1], np.int64)))
    words = _tokenize(row, lowered, WORD)
    count = row.to_double(row.add("Gather", row.add("Shape", words), row.constant([1], np.int64)))
    outputs = [helper.make_tensor_value_info(count, TensorProto.DOUBLE, [1])]
    if vectorizer is not None:
        terms = _add_counts(row, words, vectorizer)
        outputs.append(helper.make_tensor_value_info(terms, TensorProto.FLOAT, [len(vectorizer.vocabulary_)]))
    body = helper.make_graph(
        row.nodes,
        row.name(),
        [helper.make_tensor_value_info(text, TensorProto.STRING, [])],
        outputs,
        value_info=row.values,
    )
    rows = nodes.add("Reshape", name, nodes.constant([-1], np.int64))
    found = nodes.add_many("Scan", rows, outputs=len(outputs), body=body, num_scan_inputs=1)
    return _add_weights(nodes, found[1], vectorizer) if vectorizer is not None else "", found[0]


def _add_counts(row: Nodes, words: str, vectorizer: Any) -> str:
    """Words (1, n) -> number of times that each term occurs, float32 (n_terms,)."""
    places: dict[str, int] = vectorizer.vocabulary_
    singles = [term for term in places if " " not in term]
    pairs = [term for term in places if " " in term]
    # An empty word is added at the end, since a text may have no words. No term contains it.
    padded = row.add("Concat", words, row.constant([[""]], object), axis=1)
    counts = row.add(
        "TfIdfVectorizer",
        padded,
        mode="TF",
        min_gram_length=1,
        max_gram_length=2,
        max_skip_count=0,
        ngram_counts=[0, len(singles)],
        ngram_indexes=[int(places[term]) for term in (*singles, *pairs)],
        pool_strings=[*singles, *(word for term in pairs for word in term.split(" "))],
    )
    return row.add("Reshape", counts, row.constant([-1], np.int64))


def _add_weights(nodes: Nodes, counts: str, vectorizer: Any) -> str:
    """Multiply counts (n, n_terms) with the terms' weights, and divide each row by its length."""
    weighted = nodes.add("Mul", nodes.to_double(counts), nodes.constant(vectorizer.idf_.astype(np.float64)))
    length = nodes.add("ReduceL2", weighted, nodes.constant([1], np.int64), keepdims=1)
    is_zero = nodes.add("Equal", length, nodes.constant(0.0))
    return nodes.to_single(nodes.add("Div", weighted, nodes.add("Where", is_zero, nodes.constant(1.0), length)))


def _add_lower_case(row: Nodes, text: str) -> str:
    """Text (1,) -> the text in lower case, with a space before and after it."""
    blank, empty = row.constant([" "], object), row.constant([""], object)
    framed = row.add("StringConcat", row.add("StringConcat", blank, text), blank)
    letters = _find_letters()
    pattern = f"{SIGMA}|{letters.upper}|{letters.ignorable}+|{letters.lower}+|{letters.other}+"
    pieces = row.add("Reshape", _tokenize(row, framed, pattern), row.constant([-1], np.int64))
    small = row.add(
        "LabelEncoder",
        pieces,
        domain=ML_DOMAIN,
        keys_strings=list(letters.table),
        values_strings=list(letters.table.values()),
        default_string="",
    )
    lowered = row.add("Where", row.add("Equal", small, empty), pieces, small)
    final = _find_final_sigmas(row, pieces, letters)
    return _join(row, row.add("Where", final, row.constant([FINAL_SIGMA], object), lowered))


def _find_final_sigmas(row: Nodes, pieces: str, letters: Letters) -> str:
    """Pieces (n,) -> whether each is a capital sigma after a letter and before none (Unicode's Final_Sigma).

    Ignorable characters such as apostrophes and accents may stand between.
    """
    flat, first, last = row.constant([-1], np.int64), row.constant([0], np.int64), row.constant([-1], np.int64)
    second, end, no = row.constant([1], np.int64), row.constant([sys.maxsize], np.int64), row.constant([False], bool)
    is_sigma = row.add("Equal", pieces, row.constant([SIGMA], object))
    is_letter = row.add("RegexFullMatch", pieces, pattern=f"{letters.cased}+")
    is_ignored = row.add("RegexFullMatch", pieces, pattern=f"{letters.ignorable}+")
    kept = row.add("Reshape", row.add("NonZero", row.add("Not", is_ignored)), flat)
    neighbour = row.add("Gather", is_letter, kept)
    before = row.add("Concat", no, row.add("Slice", neighbour, first, last), axis=0)
    behind = row.add("Concat", row.add("Slice", neighbour, second, end), no, axis=0)
    ends = row.add("And", before, row.add("Not", behind))
    final = row.add("And", row.add("Gather", is_sigma, kept), ends)
    return row.add("ScatterElements", row.add("And", is_sigma, no), kept, final, axis=0)


def _join(row: Nodes, pieces: str) -> str:
    """Pieces (n,), n > 0 -> one text (1,). Neighbours are joined in pairs until one piece is left."""
    from onnx import TensorProto, helper

    step = row.branch()
    parts, index, unused = step.name(), step.name(), step.name()
    is_odd = step.add("Mod", step.add("Shape", parts), step.constant([2], np.int64))
    filler = step.add("Slice", step.constant([""], object), step.constant([0], np.int64), is_odd)
    even = step.add("Concat", parts, filler, axis=0)
    pairs = step.add("Reshape", even, step.constant([-1, 2], np.int64))
    left, right = (step.add("Gather", pairs, step.constant(side, np.int64), axis=1) for side in (0, 1))
    joined = step.add("StringConcat", left, right)
    goes_on = step.add("Greater", step.add("Size", joined), step.constant(1, np.int64))
    body = helper.make_graph(
        step.nodes,
        step.name(),
        [
            helper.make_tensor_value_info(index, TensorProto.INT64, []),
            helper.make_tensor_value_info(unused, TensorProto.BOOL, []),
            helper.make_tensor_value_info(parts, TensorProto.STRING, ["pieces"]),
        ],
        [
            helper.make_tensor_value_info(goes_on, TensorProto.BOOL, []),
            helper.make_tensor_value_info(joined, TensorProto.STRING, ["pairs"]),
        ],
    )
    begins = row.add("Greater", row.add("Size", pieces), row.constant(1, np.int64))
    return row.add("Loop", "", begins, pieces, body=body)


def _tokenize(row: Nodes, text: str, pattern: str) -> str:
    """Text (1,) -> all matches of the pattern, (1, n)."""
    from onnx import TensorProto, helper

    found = row.add("Tokenizer", text, domain=RUNTIME_DOMAIN, mark=0, mincharnum=1, pad_value="", tokenexp=pattern)
    # onnx's checker crashes if an input of RegexFullMatch or LabelEncoder has a type that it does not know.
    row.values.append(helper.make_tensor_value_info(found, TensorProto.STRING, [1, f"of {found}"]))
    return found


class Letters:
    """What `str.lower` of this Python version does, as character classes. `table` maps a character to its lower case.

    `cased`: letters with a case. `upper`: those that change, without the sigma. `lower`: the other cased letters.
    `ignorable`: characters that may stand between a sigma and a letter.
    """

    def __init__(self) -> None:
        characters = [chr(code) for code in range(sys.maxunicode + 1) if code not in SURROGATES]
        self.table = {character: character.lower() for character in characters if character.lower() != character}
        # A sigma after a letter is a final one, also after a letter and ignorable characters.
        cased = {character for character in characters if f"{character}{SIGMA}".lower()[-1] == FINAL_SIGMA}
        ignorable = {character for character in characters if f"A{character}{SIGMA}".lower()[-1] == FINAL_SIGMA}
        ignorable -= cased
        self.cased = _write_class(cased)
        self.ignorable = _write_class(ignorable)
        self.upper = _write_class(self.table.keys() - {SIGMA})
        self.lower = _write_class(cased - self.table.keys())
        self.other = _write_class(cased | ignorable | self.table.keys(), negated=True)


@cache
def _find_letters() -> Letters:
    return Letters()


def _write_class(characters: set[str], *, negated: bool = False) -> str:
    """Return the characters as a character class of RE2, in ranges."""
    ranges: list[list[int]] = []
    for code in sorted(map(ord, characters)):
        if ranges and ranges[-1][1] == code - 1:
            ranges[-1][1] = code
        else:
            ranges.append([code, code])
    inside = "".join(rf"\x{{{first:x}}}-\x{{{last:x}}}" for first, last in ranges)
    return f"[{'^' if negated else ''}{inside}]"
