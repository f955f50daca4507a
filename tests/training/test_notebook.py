"""`train.ipynb`: a valid notebook whose cells, run in order, print what the script prints."""

from __future__ import annotations

import dataclasses
import json

import nbformat

from tests.training.scripts import Run, ScriptTestCase, inline, stored, train_run
from training.datasets.sources import Builtin


def table(name: str = "table.csv", **fields) -> Run:
    text = "when;x;c;y\n" + "".join(f"{1 + n % 28}.2.2024;{n % 9},5;{'pq'[n % 2]};{n % 9}\n" for n in range(60))
    return stored(text, name=name, target="y", **fields)


class NotebookTests(ScriptTestCase):
    def test_notebooks_are_valid_and_their_cells_print_the_runs_metrics(self):
        runs = {
            "network": train_run(Builtin("IRIS"), patience=2),
            "estimator": train_run(Builtin("WINE"), user_model="RandomForestClassifier()"),
            "file": table(),
            "records": inline([{"a\u2028'": n % 5, "y": "ab"[n % 5 > 2]} for n in range(40)]),
        }
        executed = {}
        for name, run in runs.items():
            notebook = nbformat.reads(run.notebook, as_version=nbformat.NO_CONVERT)
            nbformat.validate(notebook)
            self.assertEqual((notebook.nbformat, notebook.nbformat_minor), (4, 5))
            code = [cell.source for cell in notebook.cells if cell.cell_type == "code"]
            self.assertGreaterEqual(len(code), 5)
            self.assertEqual(len({cell.id for cell in notebook.cells}), len(notebook.cells))
            script = f"for source in {code!r}:\n    exec(compile(source, 'cell', 'exec'), globals())\n"
            # Jupyter's own arguments are none of the notebook's business.
            files = {"table.csv": run.files["elsewhere.csv"]} if run.files else {}
            executed[name] = dataclasses.replace(run, script=script, files=files, arguments=("-f", "kernel.json"))
        self.assert_scripts_reproduce(executed)

    def test_a_hostile_file_name_stays_a_literal(self):
        notebook = json.loads(table("'\"\n](x)\\.csv").notebook)
        markdown = "".join("".join(cell["source"]) for cell in notebook["cells"] if cell["cell_type"] == "markdown")
        self.assertNotIn("](x)", markdown)
