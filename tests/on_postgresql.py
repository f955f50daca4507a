"""`python -m tests.on_postgresql LABEL…`: these tests on a PostgreSQL of their own. Without labels, those of LABELS."""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import closing

from tests.server import ROOT
from tests.services import PostgreSQL

# Where the database matters most: what is locked, ordered, stored and counted.
LABELS = (
    "tests.training.test_runs",
    "tests.training.test_databases",
    "tests.training.test_quota",
    "tests.notifications.test_mail_queue",
    "tests.notifications.test_policy",
    "tests.progress.test_services",
    "tests.progress.test_loading",
    "tests.contracts.test_progress_storage.ORMStorageTests",
    "tests.test_clean",
    "tests.playground.test_closed_accounts",
    "tests.playground.test_sign_in_delay",
)


def main(labels: list[str]) -> int:
    with closing(PostgreSQL()) as postgres:
        command = [sys.executable, "manage.py", "test", "--noinput", "--parallel", "1", *(labels or LABELS)]
        return subprocess.run(command, cwd=ROOT, env={**os.environ, "DATABASE_URL": postgres.url}).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
