"""`python manage.py move_progress --from orm --to dynamodb`: copy all progress and verify the copy."""

from __future__ import annotations

from argparse import ArgumentParser
from collections import Counter
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from playground.wire.errors import PlaygroundError
from progress import standings
from progress.records import Record
from progress.storage import get_named_storage, get_storage
from progress.storage.base import ProgressStorage


class Command(BaseCommand):
    help = (
        "Copies everybody's progress from one storage to another and verifies the counts. What is there already is "
        "left as it is: after an interruption run it again, and it goes on. Nothing is taken away from the first."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        names = "orm, dynamodb, or the dotted path of a storage's class"
        parser.add_argument("--from", dest="source", required=True, help=names)
        parser.add_argument("--to", dest="target", required=True, help=names)

    def handle(self, *args: Any, **options: Any) -> None:
        if options["source"] == options["target"]:
            raise CommandError("--from and --to name the same storage.")
        try:
            source, target = get_named_storage(options["source"]), get_named_storage(options["target"])
            target.check()
            copied = self._copy(source, target)
            self.stdout.write(f"Copied {copied} learners; the others were there already. Verifying:")
            self._verify(source, target)
            if type(target) is type(get_storage()):
                standings.rebuild(target)
        except ImproperlyConfigured as error:
            raise CommandError(str(error)) from error
        except PlaygroundError as error:
            raise CommandError(f"{error.message} What is copied stays; run the command again to go on.") from error

    def _copy(self, source: ProgressStorage, target: ProgressStorage) -> int:
        """Copy all records. Return how many learners lacked points in the target."""
        copied = 0
        with self._bar("copying", source) as bar:
            for records in source.iterate():
                there = target.get_many([record.user_id for record in records])
                for record in records:
                    if not record.earned.keys() <= there[record.user_id].earned.keys():
                        target.merge(record.user_id, record.earned, record.updated)
                        copied += 1
                    bar.update()
        return copied

    def _verify(self, source: ProgressStorage, target: ProgressStorage) -> None:
        """Compare each learner's record of the source with the target. Raises CommandError if anything is missing."""
        ours: Counter[str] = Counter()
        theirs: Counter[str] = Counter()
        with self._bar("verifying", source) as bar:
            for records in source.iterate():
                there = target.get_many([record.user_id for record in records])
                for record in records:
                    ours += _count(record, record)
                    theirs += _count(record, there[record.user_id])
                    bar.update()
        for name, count in ours.items():
            self.stdout.write(f"  {name:<10} {count:>10,} to copy {theirs[name]:>10,} arrived")
        if ours != theirs:
            raise CommandError("The counts differ. Was something written meanwhile? Run the command again.")

    def _bar(self, name: str, source: ProgressStorage) -> Any:
        return tqdm(desc=name, total=source.count(), unit=" learners", disable=None)


def _count(wanted: Record, there: Record) -> Counter[str]:
    """Return how many questions of the source's record are also in the other record."""
    common = {key: points for key, points in wanted.earned.items() if there.earned.get(key) == points}
    return Counter(learners=int(len(common) == len(wanted.earned)), questions=len(common), points=sum(common.values()))
