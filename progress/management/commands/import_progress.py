"""`python manage.py import_progress FILE`: import what learners have earned in the earlier system."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from playground.wire.errors import PlaygroundError
from progress import standings
from progress.interchange import Entry, read_entries
from progress.records import Record
from progress.storage import get_storage


class Command(BaseCommand):
    help = (
        "Takes over the earlier system's records, a uid and a progressData JSON string each. Points that are earned "
        "already stay as they are, so that importing a file twice changes nothing."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, help="JSON: an array, one record a line, or what DynamoDB exported")
        parser.add_argument(
            "--match",
            choices=["username", "email"],
            help="the uid is this of a user here, whose progress it becomes; without, the uid is kept as it is",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        entries = self._read(options["file"])
        owners = self._find_owners(entries, options["match"])
        refused: list[Entry] = []
        records: list[Record] = []
        for entry in tqdm(entries, unit=" learners", disable=None):
            problem = entry.problem or ("" if entry.uid in owners else f"No user has this {options['match']}.")
            if problem:
                self.stderr.write(f"{entry.uid}: {problem}")
                refused.append(entry)
                continue
            if entry.totals_differ:
                self.stderr.write(f"{entry.uid}: its totals were not the sums of its questions; the sums are kept.")
            records.append(self._store(owners[entry.uid], entry))
        standings.follow(records)
        questions = sum(len(entry.earned) for entry in entries)
        self.stdout.write(f"{len(records)} of {len(entries)} learners, {questions} questions in all.")
        if refused:
            raise CommandError(f"{len(refused)} of {len(entries)} records could not be taken, see above.")

    def _read(self, path: Path) -> list[Entry]:
        try:
            return read_entries(path)
        except OSError as error:
            raise CommandError(f"{path}: {error.strerror}.") from error
        except ValueError as error:
            raise CommandError(f"{path} holds no JSON records: {error}") from error

    def _find_owners(self, entries: list[Entry], match: str | None) -> dict[str, str]:
        """Return a mapping of uid to the owner in this system."""
        if match is None:
            return {entry.uid: entry.uid for entry in entries}
        users = get_user_model().objects.values_list(match, "pk")
        owners: dict[str, str] = {}
        for value, pk in users.iterator():
            if value and value in owners:
                raise CommandError(f"Two users have the {match} {value!r}.")
            owners[value] = f"user:{pk}"
        return owners

    def _store(self, owner: str, entry: Entry) -> Record:
        try:
            return get_storage().merge(owner, entry.earned)
        except PlaygroundError as error:
            raise CommandError(f"{error.message} What is imported stays; run the command again later.") from error
