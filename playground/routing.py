"""Which socket goes to which app, behind the checks that every socket passes: origin, session, user."""

from __future__ import annotations

from channels.auth import AuthMiddlewareStack
from channels.routing import ProtocolTypeRouter, URLRouter
from channels.security.websocket import AllowedHostsOriginValidator
from django.core.handlers.asgi import ASGIHandler
from django.urls import path

from notifications.consumers import NotificationsConsumer
from playground.wire.outage import OutageGate
from progress.routing import websocket_urlpatterns as progress_sockets
from training.routing import websocket_urlpatterns as training_sockets

websocket_urlpatterns = [
    *training_sockets,
    *progress_sockets,
    path("ws/notifications/", NotificationsConsumer.as_asgi()),
]


def build_application() -> ProtocolTypeRouter:
    """Django must be set up."""
    return ProtocolTypeRouter(
        {
            "http": ASGIHandler(),
            "websocket": AllowedHostsOriginValidator(OutageGate(AuthMiddlewareStack(URLRouter(websocket_urlpatterns)))),
        }
    )
