"""The server's way in. Importing this module means serving, so it starts the engine's workers to warm up.

Django is set up, and the settings are checked, before anything that touches its models is imported.
"""

import asyncio
import atexit
import gc
import sys
from typing import Any, cast

from django.conf import settings

from playground.startup import refuse, set_up

set_up()

from twisted.internet import reactor  # noqa: E402
from twisted.internet.defer import Deferred  # noqa: E402

from notifications.delivery import get_deliverer  # noqa: E402
from playground.front_door import FrontDoor  # noqa: E402
from playground.logs import hide_links_in_daphne  # noqa: E402
from playground.routing import build_application  # noqa: E402
from playground.static_files import collect  # noqa: E402
from playground.wire import daphne_request, daphne_socket  # noqa: E402
from playground.wire.bodies import BoundedBodies  # noqa: E402
from playground.wire.inflow import BoundedInflow  # noqa: E402
from playground.wire.outflow import BoundedOutflow  # noqa: E402
from training.engines.base import get_engine  # noqa: E402

# Threads that write letters, say, keep the loop that answers the sockets waiting for so many seconds, not for 0.005.
sys.setswitchinterval(0.0005)
hide_links_in_daphne()
engine = get_engine()
deliverer = get_deliverer()
engine.start()  # first of all: its workers take seconds to warm up, on another core
if not settings.DEBUG:
    try:
        collect()  # before the application, which lists what there is
    except OSError as error:
        engine.stop()
        refuse(f"DATA_DIR cannot take the static files: {error}")
# The engine gives back what it was working on, so that the next server need not wait.
ends = (deliverer.stop, engine.stop)
door = FrontDoor(build_application(), at_end=ends)
daphne_socket.install()
daphne_request.install()
# Outermost: they use the server's own protocol and transport.
application = BoundedInflow(BoundedOutflow(BoundedBodies(door)))
deliverer.start()
# Who knows ASGI's lifespan, as uvicorn does, tells when it stops, and closes the sockets itself. With daphne, the
# process ends in order, and Twisted says before that it will. Under uvicorn nobody ever starts Twisted's reactor.
for end in reversed(ends):
    atexit.register(end)
# A look for garbage at all that thousands of sockets hold takes half a second, in which nobody hears anything: it comes
# once for two million more objects than have gone, not for seventy thousand, and leaves out what is here for good.
gc.set_threshold(5_000, 20, 20)
gc.collect()
gc.freeze()
cast(Any, reactor).addSystemEventTrigger(
    "before", "shutdown", lambda: Deferred.fromFuture(asyncio.ensure_future(door.close_sockets()))
)
