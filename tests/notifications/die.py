"""End a run in a process that is killed between the commit and the signal receivers: `python -m … RUN_ID`."""

from __future__ import annotations

import os
import signal
import sys
from unittest import mock
from uuid import UUID

import django

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
    django.setup()
    from tests.notifications.people import end_of
    from training import runs

    run_id = UUID(sys.argv[1])
    claim = runs.claim(run_id, "engine")
    assert claim is not None
    # Called on commit, before any receiver.
    with mock.patch("training.runs.recording.send_finished", lambda *_: os.kill(os.getpid(), signal.SIGKILL)):
        runs.record(claim, [end_of(run_id)])
