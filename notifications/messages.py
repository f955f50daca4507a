"""Events of /ws/notifications/, from the client and from the server. The AsyncAPI document is generated from them."""

from __future__ import annotations

from uuid import UUID

from pydantic import Field

from playground.accounts.preferences import CurrentSettings, Preferences
from playground.wire.envelope import ClientMessage, ServerMessage

# Far above the limits of `submission`, whose errors say what to change.
MAX_TEXT = 100_000
MAX_NAMES = 100

# --- from the client -------------------------------------------------------------------------------------------------


class SendEmail(ClientMessage):
    """Send the results of a run, or a text, by e-mail. Answered by `emailResult` before the e-mail is delivered."""

    event_name = "sendEmail"

    email_address: str = Field(max_length=1_000, description="The recipient.")
    subject: str = Field(default="", max_length=MAX_TEXT, description="Empty: a subject that names the run.")
    body_text: str = Field(default="", max_length=MAX_TEXT, description="Empty: a summary of the run.")
    run_id: UUID | None = Field(default=None, description="One of your runs, which the e-mail is about.")
    attachment_array: tuple[str, ...] | None = Field(
        default=None,
        max_length=MAX_NAMES,
        description="Names of the run's files, such as `model.onnx`. Absent: its model and plots.",
    )


class UpdateUserSettings(Preferences, ClientMessage):
    """Change the given settings of the user. Answered by `userSettingsUpdated`."""

    event_name = "updateUserSettings"


class GetUserSettings(ClientMessage):
    """Ask for the settings of the user. Answered by `userSettings`."""

    event_name = "getUserSettings"


# --- from the server -------------------------------------------------------------------------------------------------


class EmailResult(ServerMessage):
    """The e-mail is queued. `emailDelivered` or `emailFailed` follows."""

    event_name = "emailResult"

    success: bool
    message: str
    email_id: UUID = Field(description="The same in `emailDelivered` and `emailFailed`.")


class UserSettings(ServerMessage):
    """The settings of the user."""

    event_name = "userSettings"

    settings: CurrentSettings


class UserSettingsUpdated(ServerMessage):
    """The settings after a change. `message` says whether the user still has to do something."""

    event_name = "userSettingsUpdated"

    success: bool
    message: str
    settings: CurrentSettings


class EmailOutcome(ServerMessage):
    """Base of the outcomes of an e-mail, which every open socket of its sender receives."""

    email_id: UUID
    recipient: str
    message: str = Field(description="One sentence, for people.")


class EmailDelivered(EmailOutcome):
    """The recipient's mail system has accepted the e-mail."""

    event_name = "emailDelivered"


class EmailFailed(EmailOutcome):
    """The e-mail could not be delivered and is not tried again."""

    event_name = "emailFailed"

    hint: str = ""
