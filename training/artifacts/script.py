"""Build `train.py`: a script that reproduces a run. It needs only PyTorch, scikit-learn, pandas and NumPy."""

from __future__ import annotations

from training.artifacts.code.evaluate import write_estimator, write_evaluation
from training.artifacts.code.imports import write_imports
from training.artifacts.code.layout import Section
from training.artifacts.code.load import write_load
from training.artifacts.code.network import write_model, write_tensors, write_training
from training.artifacts.code.prepare import write_columns, write_split
from training.datasets.preprocessing import PreparedData
from training.datasets.sources import Source
from training.datasets.table import Table
from training.spec import Trainer, TrainingSpec

ABOUT = "Trains a model as in the Deep Learning Playground; prints its test metrics as a line of JSON."
ABOUT_COMPILED = """

The playground took the same steps from the same first weights, but with compiled code of its own, which rounds sums in
another order than PyTorch. Expect the run's metrics but for rounding, which many steps can magnify; the run's own model
is in model.pt. Runs with the training backend "autograd" are repeated to the last bit.
"""


def build_script(spec: TrainingSpec, data: PreparedData, source: Source, table: Table) -> str:
    """Return the script. `spec` is completed, `data` is the run's prepared data, `table` is what `source` was read as.

    On the same machine with the same library versions, the script prints the run's test metrics. They are equal if the
    run used autograd or scikit-learn, and equal up to rounding if it used the compiled trainer.
    """
    sections = build_sections(spec, data, source, table, has_arguments=True)
    about = ABOUT + (ABOUT_COMPILED if spec.trainer is Trainer.COMPILED else "")
    parts = [f'"""{about}"""\n\n{write_imports(sections, one_thread=spec.user_model is not None)}']
    parts += [f"# {section.title}\n{section.code}" for section in sections]
    return "\n\n".join(parts) + "\n"


def build_sections(
    spec: TrainingSpec, data: PreparedData, source: Source, table: Table, *, has_arguments: bool
) -> list[Section]:
    """Return the sections of the script in order. `has_arguments`: whether it may take the table's path from
    `sys.argv`.
    """
    sections = [
        write_load(source, table, has_arguments=has_arguments),
        write_columns(spec, data, table),
        write_split(spec, data),
    ]
    if spec.user_model is not None:
        sections.append(write_estimator(spec, data))
    else:
        sections += [write_tensors(spec, data), write_model(spec, data), write_training(spec, data)]
    return [*sections, write_evaluation(spec, data)]
