"""The socket at /ws/notifications/: sends e-mails, changes user settings, and tells the outcome of e-mails."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from django.dispatch import receiver

from notifications import submission
from notifications.mail_queue import email_delivered, email_failed
from notifications.messages import (
    EmailDelivered,
    EmailFailed,
    EmailOutcome,
    EmailResult,
    GetUserSettings,
    SendEmail,
    UpdateUserSettings,
    UserSettings,
    UserSettingsUpdated,
)
from playground.accounts import user_settings
from playground.wire.consumer import OWNER_ONLY, EventConsumer, handles
from playground.wire.envelope import ServerMessage, dump
from playground.wire.groups import send_to_group, serve_from_this_loop
from playground.wire.threads import in_thread

if TYPE_CHECKING:
    from notifications.models import EmailMessage


class NotificationsConsumer(EventConsumer):
    """Queues e-mails and changes user settings. It never delivers an e-mail itself."""

    sends = (*EventConsumer.sends, EmailResult, EmailDelivered, EmailFailed, UserSettings, UserSettingsUpdated)

    async def opened(self) -> None:
        serve_from_this_loop()
        await self.join_group(group_of(self.identity.owner))

    async def closed(self) -> None:
        await self.leave_group(group_of(self.identity.owner))

    # --- events from the client --------------------------------------------------------------------------------------

    @handles(SendEmail, staff=OWNER_ONLY, answers=(EmailResult,))
    async def send_email(self, message: SendEmail) -> ServerMessage:
        return await in_thread(submission.send)(self.identity, message)

    @handles(UpdateUserSettings, staff=OWNER_ONLY, always=True, answers=(UserSettingsUpdated,))
    async def update_user_settings(self, message: UpdateUserSettings) -> ServerMessage:
        settings, note = await in_thread(user_settings.update)(self.identity, message)
        return UserSettingsUpdated(success=True, message=note, settings=settings)

    @handles(GetUserSettings, staff=OWNER_ONLY, always=True, answers=(UserSettings,))
    async def get_user_settings(self, message: GetUserSettings) -> ServerMessage:
        return UserSettings(settings=await in_thread(user_settings.get)(self.identity))

    # --- messages of the group ---------------------------------------------------------------------------------------

    async def email_told(self, message: dict[str, Any]) -> None:
        """Send the outcome of an e-mail to the client."""
        await self.send_event(message["event"], message["data"])


@receiver(email_delivered)
def tell_delivered(message: EmailMessage, **_: Any) -> None:
    """Tell the sender's sockets that an e-mail was delivered."""
    text = f"The e-mail to {message.recipient} has been sent."
    _tell(message.owner, EmailDelivered(email_id=message.pk, recipient=message.recipient, message=text))


@receiver(email_failed)
def tell_failed(message: EmailMessage, **_: Any) -> None:
    """Tell the sender's sockets that an e-mail failed. The reply of the mail server is for the admin only."""
    text = f"The e-mail to {message.recipient} could not be sent."
    hint = "Check the address. You can download the files from the run's page at any time."
    _tell(message.owner, EmailFailed(email_id=message.pk, recipient=message.recipient, message=text, hint=hint))


def group_of(owner: str) -> str:
    """Return the channel layer's group of an owner's sockets.

    A hash, since a guest's owner is a secret and the names of groups may not contain a colon.
    """
    return f"mail.{hashlib.sha256(owner.encode()).hexdigest()[:40]}"


def _tell(owner: str, outcome: EmailOutcome) -> None:
    """Send an outcome to all open sockets of an owner. From any thread; does not block where a server runs."""
    send_to_group(group_of(owner), {"type": "email.told", "event": outcome.event_name, "data": dump(outcome)})
