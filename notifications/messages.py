"""What travels on `/ws/notifications/`: client events and server events. The contract is made from these."""

from __future__ import annotations

from uuid import UUID

from pydantic import Field

from notifications.preferences import CurrentSettings, Preferences
from playground.wire.envelope import ClientMessage, ServerMessage

# Wider than what is accepted: what is too long is refused by whoever knows the limit, with a remedy.
MAX_TEXT = 100_000
MAX_NAMES = 100

# --- what a client sends ---------------------------------------------------------------------------------------------


class SendEmail(ClientMessage):
    """Send me, or whom I may write to, what came of a run. Answered by `emailResult` before anything is delivered."""

    event_name = "sendEmail"

    email_address: str = Field(max_length=1_000, description="The one who receives it.")
    subject: str = Field(default="", max_length=MAX_TEXT, description="Ours when empty.")
    body_text: str = Field(default="", max_length=MAX_TEXT, description="Ours when empty: what was trained on what.")
    run_id: UUID | None = Field(default=None, description="The run that it is about; one of yours.")
    attachment_array: tuple[str, ...] | None = Field(
        default=None,
        max_length=MAX_NAMES,
        description="Names of the run's files, such as `model.onnx`; its model and plots when absent.",
    )


class UpdateUserSettings(Preferences, ClientMessage):
    """Change these of my settings. Answered by `userSettingsUpdated`."""

    event_name = "updateUserSettings"


class GetUserSettings(ClientMessage):
    """How are things set? Answered by `userSettings`."""

    event_name = "getUserSettings"


# --- what the server sends -------------------------------------------------------------------------------------------


class EmailResult(ServerMessage):
    """The message is stored and will be delivered. What comes of it is told by `emailDelivered` or `emailFailed`."""

    event_name = "emailResult"

    success: bool
    message: str
    email_id: UUID = Field(description="The same in `emailDelivered` and `emailFailed`.")


class UserSettings(ServerMessage):
    """How things are set."""

    event_name = "userSettings"

    settings: CurrentSettings


class UserSettingsUpdated(ServerMessage):
    """How things are set from now on; `message` says where something is still to be done."""

    event_name = "userSettingsUpdated"

    success: bool
    message: str
    settings: CurrentSettings


class EmailFate(ServerMessage):
    """Base of what became of a message; told to every open socket of its sender."""

    email_id: UUID
    recipient: str
    message: str = Field(description="One sentence, for people.")


class EmailDelivered(EmailFate):
    """The message has been handed over to the recipient's mail system."""

    event_name = "emailDelivered"


class EmailFailed(EmailFate):
    """The message will not be delivered; nothing more is tried."""

    event_name = "emailFailed"

    hint: str = ""
