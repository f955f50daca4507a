"""The ONLY caller of the channel layer in this app: tells a sender's open sockets what became of their messages."""

from __future__ import annotations

import hashlib

from notifications.messages import EmailFate
from playground.wire.envelope import dump
from playground.wire.groups import send_to_group, serve_from_this_loop

__all__ = ["group_of", "serve_from_this_loop", "tell"]


def group_of(owner: str) -> str:
    """A guest's name is a secret, and a user's holds a colon, which groups may not."""
    return f"mail.{hashlib.sha256(owner.encode()).hexdigest()[:40]}"


def tell(owner: str, fate: EmailFate) -> None:
    """To all sockets that this owner has open. From any thread; returns at once where a server runs."""
    send_to_group(group_of(owner), {"type": "email.told", "event": fate.event_name, "data": dump(fate)})
