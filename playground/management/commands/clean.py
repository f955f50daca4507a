"""`python manage.py clean`: delete what is no longer kept. For cron, on any number of machines."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from notifications import mail_queue
from playground.account_data import expiry
from playground.account_data.deletion import finish_deletions
from playground.accounts.rate_limits import find_expired
from playground.cleanup_tasks import CleanupTask
from training import cleanup as training


class Command(BaseCommand):
    help = "Deletes what the KEEP_…_DAYS settings no longer keep, files that no row names, and expired sessions."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="Only count what would be deleted.")

    def handle(self, *, dry_run: bool, **_: Any) -> None:
        attempts = CleanupTask("counted attempts that have expired", find_expired, batch_size=500)
        for task in (*training.list_cleanup_tasks(), *mail_queue.list_cleanup_tasks(), attempts):
            self._report(task.description, task.count() if dry_run else task.run(), dry_run)
        sessions = expiry.find_expired_sessions().count() if dry_run else expiry.delete_expired_sessions()
        self._report("files that no row names", training.remove_orphans(dry_run=dry_run), dry_run)
        self._report("expired sessions", sessions, dry_run)
        self._report("accounts whose deletion was interrupted", finish_deletions(dry_run=dry_run), dry_run)

    def _report(self, description: str, count: int, dry_run: bool) -> None:
        self.stdout.write(f"{description}: {count:,} {'would be deleted' if dry_run else 'deleted'}")
