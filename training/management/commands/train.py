"""`python manage.py train SPEC.json`: the same run as through the socket, in a terminal with a live progress bar."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any
from uuid import uuid4

from django.core.management.base import BaseCommand, CommandError
from pydantic import ValidationError
from tqdm import tqdm

from playground.wire.errors import InvalidData, PlaygroundError
from playground.wire.identity import Identity
from training import runs, uploads
from training.jobs.questions import CheckQuestion
from training.jobs.sources import find_source
from training.limits import Limits
from training.messages.checks import TrainingChecked
from training.messages.events import TrainingCancelled, TrainingProgress, TrainingResult
from training.messages.problems import Level
from training.models import Dataset
from training.spec import TrainingSpec
from training.updates import RunUpdate

TERMINAL = Identity("terminal")


class Command(BaseCommand):
    help = "Trains what a spec file describes, records the run like any other, and prints its metrics."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "spec", type=Path, help='A JSON file such as {"default": "IRIS", "user_arch": ["nn.Linear(3)"]}'
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            self._train(self._read(options["spec"]))
        except PlaygroundError as error:
            raise CommandError(" ".join(filter(None, [error.message, error.data.hint]))) from error

    def _read(self, path: Path) -> TrainingSpec:
        try:
            return TrainingSpec.model_validate(json.loads(path.read_text()))
        except OSError as error:
            raise CommandError(f"{path}: {error.strerror}.") from error
        except ValidationError as error:
            raise InvalidData.from_validation(error) from error
        except ValueError as error:
            raise CommandError(f"{path} is not JSON: {error}") from error

    def _train(self, spec: TrainingSpec) -> None:
        from training.engines.in_process import work_on
        from training.work.execute import answer  # loads torch: not before the spec has been read

        dataset = self._find_dataset(spec, answer)
        tests = spec.split.dataset_id if spec.split else None
        test_dataset = Dataset.objects.filter(pk=tests).first() if tests else None
        if tests and test_dataset is None:
            raise CommandError("There is no dataset of that id with test rows.")
        source = find_source(spec, dataset, test_dataset)
        checked = answer(CheckQuestion(spec, source, Limits.from_settings()))
        assert isinstance(checked, TrainingChecked)
        self._report_problems(checked)
        run_id = uuid4()
        create = partial(runs.create, TERMINAL, spec, run_id=run_id, dataset=dataset, test_dataset=test_dataset)
        create(data=checked.data, model=checked.model)
        self.stdout.write(f"Run {run_id}: {checked.model} on {checked.data}")
        self.stderr.ending = ""  # the bar redraws its own line
        with tqdm(
            total=100, unit="%", bar_format="{l_bar}{bar}| {elapsed}<{remaining}{postfix}", file=self.stderr
        ) as bar:
            work_on(run_id, lambda message: self._hear(message, bar))

    def _find_dataset(self, spec: TrainingSpec, answer: Callable[[Any], Any]) -> Dataset | None:
        if spec.fileURL is not None:
            dataset = uploads.find_linked(TERMINAL, spec.fileURL)
            if dataset is None:
                dataset, question = uploads.begin_link(TERMINAL, spec.fileURL, spec.reading)
                try:
                    described = answer(question)
                except PlaygroundError:
                    uploads.discard(dataset)
                    raise
                uploads.keep(dataset, described)
            return dataset
        return Dataset.objects.filter(pk=spec.dataset_id).first() if spec.dataset_id else None

    def _report_problems(self, checked: TrainingChecked) -> None:
        for problem in checked.problems:
            self.stderr.write(f"{problem.level}: {problem.where}: {problem.message} {problem.hint}")
        if any(problem.level is Level.ERROR for problem in checked.problems):
            raise CommandError("Nothing was trained.")

    def _hear(self, message: RunUpdate, bar: Any) -> None:
        if isinstance(message, TrainingProgress):
            bar.update(message.progress - bar.n)
            row = message.epochs[-1]
            bar.set_postfix(epoch=row.epoch, train_loss=row.train_loss, test_loss=row.test_loss)
        elif isinstance(message, TrainingResult | TrainingCancelled):
            bar.close()
            if isinstance(message, TrainingCancelled):
                raise CommandError(message.message)
            if not message.success:
                raise CommandError(f"{message.message} {message.hint}")
            self.stdout.write(message.message)
            outputs = message.auxiliary_outputs
            for name, value in outputs.metrics.items():
                baseline = outputs.baseline.get(name)
                self.stdout.write(f"  {name:<20} {value!s:<24} baseline {baseline}")
