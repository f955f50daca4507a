"""What can go wrong with mail: refusals told to whoever asked, and failures of the roads, of two kinds."""

from __future__ import annotations

from playground.wire.errors import PlaygroundError

# --- told to whoever asked -------------------------------------------------------------------------------------------


class AddressRefused(PlaygroundError):
    code = "address_refused"
    hint = "Give one address such as ada@example.org, without a name or anything else around it."


class TextRefused(PlaygroundError):
    """A subject or body that is too long or holds what no text needs."""

    code = "text_refused"
    hint = "Send plain text: letters, digits, punctuation, and line breaks in the body only."


class HeaderInjection(TextRefused):
    """A line break in a header would let a sender add headers of their own."""

    code = "header_injection"
    hint = "Keep it on one line."


class NothingToSend(PlaygroundError):
    code = "nothing_to_send"
    hint = "Give the run_id of a run to report on, or a body_text."


class AttachmentRefused(PlaygroundError):
    """What looks like a path, or stands for no run."""

    code = "attachment_refused"
    hint = "Name files of the run as its page lists them, such as model.onnx or loss.png, and give its run_id."


class AttachmentNotFound(PlaygroundError):
    code = "attachment_not_found"
    hint = "The run's page lists the files that it has."
    status = 404


class RunNotOver(PlaygroundError):
    code = "run_not_over"
    hint = "Wait until the run has finished, or start it with notify: true to get the mail then."
    status = 409


# --- failures of the roads -------------------------------------------------------------------------------------------


class TransportError(Exception):
    """A road did not take a message. One sentence, for the outbox and its admin."""


class TemporaryFailure(TransportError):
    """Trying again later may help."""


class PermanentFailure(TransportError):
    """Trying again would end the same way."""


# --- who may send ----------------------------------------------------------------------------------------------------


class RecipientNotAllowed(PlaygroundError):
    """A user wrote to an address that they have not confirmed, or a guest to a second one."""

    code = "recipient_not_allowed"
    hint = "Send it to your own address: give it in your settings and follow the link that is sent there."
    status = 403


class GuestsMayNotSend(PlaygroundError):
    code = "guests_may_not_send"
    hint = "Sign in, or download the files from the run's page."
    status = 403


class RunNeeded(PlaygroundError):
    """The mail is about no run, and its recipient is not the sender's confirmed address."""

    code = "run_needed"
    hint = "Give the run_id of one of your runs, or confirm your address in your settings first."
    status = 403


class MailLimitReached(PlaygroundError):
    code = "mail_limit_reached"
    hint = "Try again later, or download the files from the run's page."
    status = 429


class MailNotNeeded(PlaygroundError):
    """At its delivery, nobody needs the message any more: it is cancelled. The reason is for the admin alone."""

    code = "mail_not_needed"


class UnsubscriptionRefused(PlaygroundError):
    code = "unsubscription_refused"
    hint = "Open your settings and take the tick away from the reports."
    status = 403


class ConfirmationRefused(PlaygroundError):
    """Forged, too old, used, or overtaken by a newer one."""

    code = "confirmation_refused"
    hint = "Give the address in your settings once more: a new link is sent."
    status = 403
