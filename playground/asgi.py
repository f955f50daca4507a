"""The ASGI application. Importing this module starts the engine's workers and the delivery of mail.

Django is set up, and the settings are checked, before any module with models is imported.
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

from notifications.delivery import get_delivery  # noqa: E402
from playground.connection_middleware import ConnectionMiddleware  # noqa: E402
from playground.logs import hide_links_in_daphne  # noqa: E402
from playground.routing import build_application  # noqa: E402
from playground.static_files import collect  # noqa: E402
from playground.wire import daphne_request, daphne_socket  # noqa: E402
from playground.wire.bodies import BoundedBodies  # noqa: E402
from playground.wire.inflow import BoundedInflow  # noqa: E402
from playground.wire.outflow import BoundedOutflow  # noqa: E402
from training.engines.base import get_engine  # noqa: E402

# Seconds for which a busy thread keeps the event loop waiting. Python's default is 0.005.
sys.setswitchinterval(0.0005)
hide_links_in_daphne()
engine = get_engine()
delivery = get_delivery()
engine.start()  # early, since its workers take seconds to warm up
if not settings.DEBUG:
    try:
        collect()  # before the application is built, which lists the files
    except OSError as error:
        engine.stop()
        refuse(f"DATA_DIR cannot take the static files: {error}")
# When it stops, the engine gives back its runs, so that the next server need not wait for their leases.
ends = (delivery.stop, engine.stop)
connections = ConnectionMiddleware(build_application(), at_end=ends)
daphne_socket.install()
daphne_request.install()
# These are outermost, since they use the protocol and transport of the server.
application = BoundedInflow(BoundedOutflow(BoundedBodies(connections)))
delivery.start()
# uvicorn reports its stop by ASGI's lifespan protocol and closes the sockets itself. With daphne, `atexit` stops both,
# and a trigger of Twisted closes the sockets. uvicorn never starts Twisted's reactor.
for end in reversed(ends):
    atexit.register(end)
# A full garbage collection with thousands of open sockets stops the server for half a second. These thresholds make it
# rare: one for about two million new objects instead of 70,000. `freeze` excludes the objects that exist by now.
gc.set_threshold(5_000, 20, 20)
gc.collect()
gc.freeze()
cast(Any, reactor).addSystemEventTrigger(
    "before", "shutdown", lambda: Deferred.fromFuture(asyncio.ensure_future(connections.close_sockets()))
)
