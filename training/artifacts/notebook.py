"""Build `train.ipynb`: the script's sections as cells, with an explanation before each. Notebook format 4.5."""

from __future__ import annotations

import json
from typing import Any

from training.artifacts.code.imports import write_imports
from training.artifacts.script import build_sections
from training.datasets.preprocessing import PreparedData
from training.datasets.sources import Source
from training.datasets.table import Table
from training.spec import Trainer, TrainingSpec

INTRODUCTION = (
    "# Train a model\n\n"
    "The same steps as in the Deep Learning Playground, in code. The last cell prints the test metrics as one line of "
    "JSON: with the same versions of the libraries they are the playground's own"
)
EXACT = "."
COMPILED = (
    ", but for rounding, which many steps can magnify: the playground trained with compiled code, which rounds sums in "
    'another order than PyTorch. Runs with the training backend "autograd" are repeated to the last bit.'
)


def build_notebook(spec: TrainingSpec, data: PreparedData, source: Source, table: Table) -> str:
    """Return the notebook as JSON. The arguments are those of `build_script`."""
    sections = build_sections(spec, data, source, table, has_arguments=False)
    introduction = INTRODUCTION + (COMPILED if spec.trainer is Trainer.COMPILED else EXACT)
    cells = [_markdown(introduction), _code(write_imports(sections, one_thread=spec.user_model is not None))]
    for section in sections:
        cells += [_markdown(f"## {section.title}\n\n{section.about}".strip()), _code(section.code)]
    for position, cell in enumerate(cells):
        cell["id"] = f"cell-{position}"
    notebook = {
        "cells": cells,
        "metadata": {
            "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
            "language_info": {"name": "python"},
        },
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    return json.dumps(notebook, indent=1, ensure_ascii=False) + "\n"


def _markdown(text: str) -> dict[str, Any]:
    return {"cell_type": "markdown", "metadata": {}, "source": text.splitlines(keepends=True)}


def _code(source: str) -> dict[str, Any]:
    lines = source.strip("\n").splitlines(keepends=True)
    return {"cell_type": "code", "execution_count": None, "metadata": {}, "outputs": [], "source": lines}
