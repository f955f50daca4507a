"""`python manage.py export_progress FILE`: write all progress in the earlier system's format."""

from __future__ import annotations

from argparse import ArgumentParser
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from playground.wire.errors import PlaygroundError
from progress.interchange import render_entry
from progress.storage import get_storage
from progress.worth import add_up, read_worth


class Command(BaseCommand):
    help = "Writes a JSON array of everybody's progress, a uid and a progressData JSON string each, one a line."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", nargs="?", type=Path, help="where to write it; without, to the terminal")

    def handle(self, *args: Any, **options: Any) -> None:
        path: Path | None = options["file"]
        try:
            if path is None:
                for line in _render():
                    self.stdout.write(line)
            else:
                self._write(path)
        except PlaygroundError as error:
            raise CommandError(f"{error.message} Nothing was exported.") from error

    def _write(self, path: Path) -> None:
        """Write to a temporary file first, so that an interrupted export does not replace a complete one."""
        part = path.with_name(f"{path.name}.part")
        try:
            with part.open("w", encoding="utf-8") as file:
                for line in tqdm(_render(), unit=" lines", disable=None):
                    file.write(f"{line}\n")
            part.replace(path)
        except OSError as error:
            raise CommandError(f"{path}: {error.strerror}.") from error
        finally:
            part.unlink(missing_ok=True)
        self.stdout.write(f"Everybody's progress is in {path}.")


def _render() -> Iterator[str]:
    """Yield the lines of a JSON array one by one."""
    yield "["
    before, worth = None, read_worth()
    for records in get_storage().iterate():
        for record in records:
            if before is not None:
                yield f"{before},"
            before = render_entry(add_up(record, worth))
    if before is not None:
        yield before
    yield "]"
