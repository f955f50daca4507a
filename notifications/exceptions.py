"""Errors of e-mails: refusals that the sender is told, and failures of transports."""

from __future__ import annotations

from playground.wire.errors import PlaygroundError

# --- refusals: what may not be sent ----------------------------------------------------------------------------------


class TextRefused(PlaygroundError):
    """A subject or body is too long or contains control characters."""

    code = "text_refused"
    hint = "Send plain text: letters, digits, punctuation, and line breaks in the body only."


class NothingToSend(PlaygroundError):
    code = "nothing_to_send"
    hint = "Give the run_id of a run to report on, or a body_text."


class AttachmentRefused(PlaygroundError):
    """The name of an attachment looks like a path, or no run is given."""

    code = "attachment_refused"
    hint = "Name files of the run as its page lists them, such as model.onnx or loss.png, and give its run_id."


class AttachmentNotFound(PlaygroundError):
    code = "attachment_not_found"
    hint = "The run's page lists the files that it has."
    status = 404


class RunNotOver(PlaygroundError):
    code = "run_not_over"
    hint = "Wait until the run has finished, or start it with notify: true to get the e-mail then."
    status = 409


# --- refusals: who may send ------------------------------------------------------------------------------------------


class RecipientNotAllowed(PlaygroundError):
    """A user wrote to an address that they have not confirmed, or a guest to a second address."""

    code = "recipient_not_allowed"
    hint = "Send it to your own address: give it in your settings and follow the link that is sent there."
    status = 403


class GuestsMayNotSend(PlaygroundError):
    code = "guests_may_not_send"
    hint = "Sign in, or download the files from the run's page."
    status = 403


class RunNeeded(PlaygroundError):
    """The e-mail concerns no run, and its recipient is not the sender's confirmed address."""

    code = "run_needed"
    hint = "Give the run_id of one of your runs, or confirm your address in your settings first."
    status = 403


class MailLimitReached(PlaygroundError):
    code = "mail_limit_reached"
    hint = "Try again later, or download the files from the run's page."
    status = 429


class MailNotNeeded(PlaygroundError):
    """Nobody needs the message any more when it is due, so it is cancelled. Only the admin shows the reason."""

    code = "mail_not_needed"


# --- failures of transports ------------------------------------------------------------------------------------------


class TransportError(Exception):
    """A transport did not accept a message. The text is one sentence, for the queue and its admin."""


class TemporaryFailure(TransportError):
    """A later attempt may succeed."""


class PermanentFailure(TransportError):
    """Every attempt would fail."""
