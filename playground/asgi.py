"""The server's way in. Importing this module means serving, so it starts the engine's workers to warm up.

Django is set up before anything that touches its models is imported.
"""

import atexit
import os
import sys

import django
from django.conf import settings

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "playground.settings")
django.setup(set_prefix=False)

from notifications.deliverer import get_deliverer  # noqa: E402
from playground.routing import build_application  # noqa: E402
from playground.static_files import collect  # noqa: E402
from training.engines.base import get_engine  # noqa: E402

# Threads that write letters, say, keep the loop that answers the sockets waiting for so many seconds, not for 0.005.
sys.setswitchinterval(0.0005)
if not settings.DEBUG:
    collect()  # before the application, which lists what there is
application = build_application()
engine = get_engine()
engine.start()
deliverer = get_deliverer()
deliverer.start()
atexit.register(deliverer.stop)
atexit.register(engine.stop)  # gives back what it was working on, so that the next server need not wait
