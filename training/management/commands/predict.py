"""`python manage.py predict RUN_ID FILE.csv`: what a run's model says of the rows of a file, as CSV on the output."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError

from playground.wire.errors import PlaygroundError
from playground.wire.identity import Identity
from training.permissions import VIEW_RUNS

OPERATOR = Identity("terminal", permissions=frozenset({VIEW_RUNS}))  # the terminal can read the database anyway


class Command(BaseCommand):
    help = "Prints the rows of a CSV with what the model of a run says of each: its prediction, and probabilities."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("run_id", type=UUID, help="As in the run's address.")
        parser.add_argument("file", type=Path, help="A CSV with the columns that the model learned from.")
        parser.add_argument("--output", type=Path, help="Where to write instead of the terminal.")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            text = self._predict(options["run_id"], options["file"])
        except PlaygroundError as error:
            raise CommandError(" ".join(filter(None, [error.message, error.data.hint]))) from error
        except OSError as error:
            raise CommandError(f"{options['file']}: {error.strerror}.") from error
        if options["output"]:
            options["output"].write_text(text, encoding="utf-8")
        else:
            self.stdout.write(text, ending="")

    def _predict(self, run_id: UUID, path: Path) -> str:
        from training import runs
        from training.artifacts.predictions import add_answers  # loads pandas and torch: not before it is needed
        from training.datasets.reading.reader import read_cells
        from training.datasets.rows import find_unknown, type_columns
        from training.jobs.from_rows import describe_finished_run, find_reading
        from training.spec.reading import apply_to_other_file
        from training.work.answers import get_trained

        run = describe_finished_run(runs.get_run(OPERATOR, run_id, VIEW_RUNS))
        trained = get_trained(run)
        with path.open("rb") as file:
            frame = read_cells(file, path.name, apply_to_other_file(find_reading(run))).frame
        typed = type_columns(frame, trained.preparation)
        for problem in find_unknown(map(str, frame.columns), typed, trained.preparation):
            self.stderr.write(f"{problem.message} {problem.hint}".strip())
        predictions, probabilities = trained.answer(typed)
        text: str = add_answers(frame, trained.preparation, predictions, probabilities).to_csv(index=False)
        return text
