"""Whether every file of a run gives the run's own predictions: each kind of label with each kind of model, with and
without rows that differ in nothing but their label.
"""

from __future__ import annotations

import os

from tests.benchmarks.report import report
from tests.training.taken_home import LABELS, MODELS, take_home_labels
from training.exceptions import ExportInexact


def measure() -> bool:
    os.environ["OMP_NUM_THREADS"] = "1"
    agree, refused, differ = 0, [], []
    for kind, labels in LABELS.items():
        for name in MODELS:
            for is_tied in (False, True):
                run = take_home_labels(labels, name, is_tied=is_tied)
                files = [run.ask_predictions_csv, run.ask_script, run.ask_notebook, run.ask_onnx]
                if name != "network":
                    files.append(run.ask_skops)
                for ask in files:
                    case = f"{kind}, {name}, {'tied' if is_tied else 'clear'}, {ask.__name__.removeprefix('ask_')}"
                    try:
                        is_same = ask() == run.said
                    except ExportInexact:
                        refused.append(case)
                    else:
                        agree, differ = agree + is_same, differ + ([] if is_same else [case])
    report("files that give the run's predictions", f"{agree:,}", "all", not differ)
    report(
        "files that are not offered, since they would not", f"{len(refused):,}: {'; '.join(refused) or '–'}", "–", True
    )
    for case in differ:
        report("differs", case, "–", False)
    return not differ
