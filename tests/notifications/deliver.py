"""A process that delivers and nothing else, for tests that kill it: `python -m tests.notifications.deliver`."""

from __future__ import annotations

import os
import signal

import django

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
    django.setup()
    from notifications.delivery import get_delivery

    get_delivery().start()
    signal.pause()
