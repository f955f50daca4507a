"""Convert a table's columns to the model's inputs: imputed, standardised and one-hot, as the fitted preparation
does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from training.artifacts.graph.nodes import ML_DOMAIN, Nodes
from training.artifacts.graph.texts import add_text
from training.datasets.preparation import Preparation
from training.datasets.texts import get_vectorizer

if TYPE_CHECKING:
    import onnx

SHOWN_CATEGORIES = 50


def add_features(nodes: Nodes, preparation: Preparation) -> str:
    """Return float32 (n, n_features) from one graph input for each of `preparation.columns`."""
    steps = preparation.preprocessor.named_transformers_
    parts = []
    if numeric := [*preparation.numbers, *preparation.dates]:
        imputer, scaler = (step for _, step in steps["number"].steps)
        parts.append(_add_numbers(nodes, numeric, imputer, scaler))
    if preparation.categories:
        imputer, encoder = (step for _, step in steps["category"].steps)
        for index, name in enumerate(preparation.categories):
            parts.append(_add_category(nodes, name, imputer.statistics_[index], encoder, index))
    if preparation.texts:
        parts += _add_texts(nodes, preparation)
    return nodes.join(parts)


def describe_inputs(preparation: Preparation) -> dict[str, str]:
    """Return a description of each input, by name."""
    meanings = dict.fromkeys(preparation.numbers, "A number; NaN where missing.")
    for name in preparation.dates:
        meanings[name] = "A date as days since 1970-01-01 UTC, with fractions for times; NaN where missing."
    if preparation.categories:
        encoder = preparation.preprocessor.named_transformers_["category"][-1]
        for name, known in zip(preparation.categories, encoder.categories_, strict=True):
            shown = ", ".join(map(str, known[:SHOWN_CATEGORIES]))
            more = ", …" if len(known) > SHOWN_CATEGORIES else ""
            meanings[name] = f'A category as text; "" where missing. Known: {shown}{more}.'
    meanings |= dict.fromkeys(preparation.texts, 'A text; "" where missing.')
    return meanings


def build_inputs(preparation: Preparation) -> list[onnx.ValueInfoProto]:
    """Build one input of shape (batch, 1) for each column, under its name."""
    from onnx import TensorProto, helper

    strings = {*preparation.categories, *preparation.texts}
    return [
        helper.make_tensor_value_info(
            name, TensorProto.STRING if name in strings else TensorProto.DOUBLE, ["batch", 1], meaning
        )
        for name, meaning in describe_inputs(preparation).items()
    ]


def to_inputs(preparation: Preparation, frame: pd.DataFrame) -> dict[str, np.ndarray]:
    """Convert rows of a table, typed as read, to the inputs of the graph, by name."""
    typed = preparation.to_model_types(frame)
    for name in (*preparation.categories, *preparation.texts):
        typed[name] = typed[name].fillna("")
    return {name: typed[name].to_numpy().reshape(-1, 1) for name in preparation.columns}


def _add_numbers(nodes: Nodes, names: list[str], imputer: Any, scaler: Any) -> str:
    columns = nodes.join(names)
    # scikit-learn fills a column without any training value with zeros.
    medians = nodes.constant(np.nan_to_num(imputer.statistics_.astype(np.float64), nan=0.0))
    filled = nodes.add("Where", nodes.add("IsNaN", columns), medians, columns)
    centred = nodes.add("Sub", filled, nodes.constant(scaler.mean_))
    return nodes.to_single(nodes.add("Div", centred, nodes.constant(scaler.scale_)))


def _add_texts(nodes: Nodes, preparation: Preparation) -> list[str]:
    """Add the term columns of each text column, then the numbers of words."""
    steps = preparation.preprocessor.named_transformers_
    terms, words = [], []
    for position, name in enumerate(preparation.texts, start=1):
        step = steps.get(f"terms_{position}")
        vectorizer = None if step is None else get_vectorizer(step)
        weights, count = add_text(nodes, name, vectorizer)
        terms += [weights] if vectorizer is not None else []
        words.append(count)
    scaler = steps["words"][-1]
    centred = nodes.add("Sub", nodes.join(words), nodes.constant(scaler.mean_))
    return [*terms, nodes.to_single(nodes.add("Div", centred, nodes.constant(scaler.scale_)))]


def _add_category(nodes: Nodes, name: str, most_frequent: Any, encoder: Any, index: int) -> str:
    """Add one column per frequent category, and a last column for infrequent and unknown ones if the encoder has
    any.
    """
    from onnx import TensorProto

    known, infrequent = list(encoder.categories_[index]), encoder.infrequent_categories_[index]
    rare = set() if infrequent is None else set(infrequent)
    frequent = [category for category in known if category not in rare]
    positions = {category: len(frequent) for category in known} | {
        category: position for position, category in enumerate(frequent)
    }
    positions[""] = positions[most_frequent]
    position = nodes.add(
        "LabelEncoder",
        name,
        domain=ML_DOMAIN,
        keys_strings=list(positions),
        values_int64s=list(positions.values()),
        default_int64=len(frequent),  # one past the last column if there is no column for infrequent ones
    )
    columns = nodes.constant([range(len(frequent) + bool(rare))], np.int64)
    return nodes.add("Cast", nodes.add("Equal", position, columns), to=TensorProto.FLOAT)
