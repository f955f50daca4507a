"""`python manage.py clean`: does away with what is no longer kept. For cron, on any number of machines."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from notifications import mail_queue
from playground.account_data import expiry
from playground.account_data.deletion import finish_deletions
from playground.accounts.rate_limits import find_expired
from playground.chores import Chore
from training import cleanup as training


class Command(BaseCommand):
    help = "Removes what the KEEP_…_DAYS of the settings no longer keep, files that nothing names, expired sessions."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="Only count what would go.")

    def handle(self, *, dry_run: bool, **_: Any) -> None:
        counted = Chore("counted attempts that have expired", find_expired, batch=500)
        for chore in (*training.list_chores(), *mail_queue.list_chores(), counted):
            self._tell(chore.what, chore.count() if dry_run else chore.work_off(), dry_run)
        self._tell("files that nothing names", training.remove_orphans(dry_run=dry_run), dry_run)
        self._tell(
            "expired sessions",
            expiry.find_expired_sessions().count() if dry_run else expiry.delete_expired_sessions(),
            dry_run,
        )
        self._tell("accounts whose deletion was interrupted", finish_deletions(dry_run=dry_run), dry_run)

    def _tell(self, what: str, count: int, dry_run: bool) -> None:
        self.stdout.write(f"{what}: {count:,} {'would go' if dry_run else 'gone'}")
