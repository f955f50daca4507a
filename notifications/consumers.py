"""NotificationsConsumer, the socket at /ws/notifications/: parse, authorise, queue, relay. It never sends mail."""

from __future__ import annotations

from typing import Any

from notifications import broadcast, sending, user_settings
from notifications.messages import (
    EmailDelivered,
    EmailFailed,
    EmailResult,
    GetUserSettings,
    SendEmail,
    UpdateUserSettings,
    UserSettings,
    UserSettingsUpdated,
)
from playground.wire.consumer import OWNER_ONLY, EventConsumer, handles
from playground.wire.envelope import ServerMessage
from playground.wire.threads import in_thread


class NotificationsConsumer(EventConsumer):
    """E-mails about runs, and what a user has set. What becomes of a message is told when it is known."""

    sends = (*EventConsumer.sends, EmailResult, EmailDelivered, EmailFailed, UserSettings, UserSettingsUpdated)

    async def opened(self) -> None:
        broadcast.serve_from_this_loop()
        await self.join_group(broadcast.group_of(self.identity.owner))

    async def closed(self) -> None:
        await self.leave_group(broadcast.group_of(self.identity.owner))

    # --- events from the client --------------------------------------------------------------------------------------

    @handles(SendEmail, staff=OWNER_ONLY, answers=(EmailResult,))
    async def send_email(self, message: SendEmail) -> ServerMessage:
        return await in_thread(sending.send)(self.identity, message)

    @handles(UpdateUserSettings, staff=OWNER_ONLY, always=True, answers=(UserSettingsUpdated,))
    async def update_user_settings(self, message: UpdateUserSettings) -> ServerMessage:
        settings, note = await in_thread(user_settings.update)(self.identity, message)
        return UserSettingsUpdated(success=True, message=note, settings=settings)

    @handles(GetUserSettings, staff=OWNER_ONLY, always=True, answers=(UserSettings,))
    async def get_user_settings(self, message: GetUserSettings) -> ServerMessage:
        return UserSettings(settings=await in_thread(user_settings.get)(self.identity))

    # --- what others broadcast ---------------------------------------------------------------------------------------

    async def email_told(self, message: dict[str, Any]) -> None:
        await self.send_event(message["event"], message["data"])
