"""Errors that users see: a stable code, a sentence, and a hint that says what to do.

Every app derives its errors from `PlaygroundError`. Consumers and views send all of them in one form (`ErrorData`).
"""

from __future__ import annotations

from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError


class ErrorData(BaseModel):
    """The form of every failure, in `error` events of sockets and in HTTP answers."""

    model_config = ConfigDict(frozen=True)

    code: str = Field(description="Stable, for programs.")
    message: str = Field(description="One sentence, for people.")
    hint: str = Field(default="", description="What to do about it.")
    where: str = Field(default="", description="The field or item at fault, such as `user_arch[2]`.")
    event: str = Field(default="", description="The event that failed; empty over HTTP.")


class PlaygroundError(Exception):
    """Base of every error that a user may see. Subclasses fix `code`, and may fix `hint` and `status`.

    `status` is the HTTP status that fits, and 400 on sockets.
    """

    code: ClassVar[str]
    hint: ClassVar[str] = ""
    status: ClassVar[int] = 400

    def __init__(self, message: str, *, hint: str = "", where: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.data = ErrorData(code=self.code, message=message, hint=hint or self.hint, where=where)

    def __reduce__(self) -> tuple[Any, ...]:
        # The default calls the constructor without keywords: hint and where would be lost between processes.
        return _rebuild, (type(self), self.message, self.data.hint, self.data.where)


def _rebuild(kind: type[PlaygroundError], message: str, hint: str, where: str) -> PlaygroundError:
    return kind(message, hint=hint, where=where)


class BadFrame(PlaygroundError):
    code = "bad_frame"
    hint = 'Send one JSON object per text frame: {"event": "…", "data": {…}}.'


class FrameTooLarge(PlaygroundError):
    code = "frame_too_large"
    hint = "Send large tables by HTTP upload (POST /datasets/) and name the dataset_id instead."
    status = 413


class UnknownEvent(PlaygroundError):
    code = "unknown_event"


class RateLimited(PlaygroundError):
    code = "rate_limited"
    hint = "Slow down: wait a second, then send again. A client that keeps on is disconnected."
    status = 429


class RequestTooLarge(PlaygroundError):
    code = "request_too_large"
    hint = "Send less at once, or a smaller file."
    status = 413


class RequestTooSlow(PlaygroundError):
    code = "request_too_slow"
    hint = "Try again over a faster connection."
    status = 408


class TooManyRequests(PlaygroundError):
    code = "too_many_requests"
    hint = "Wait a minute, then try again."
    status = 429


class TooManyUploads(PlaygroundError):
    """The bodies of requests that are under way take too much room."""

    code = "too_many_uploads"
    hint = "Wait until other uploads are complete, then try again."
    status = 429


class TooManySockets(PlaygroundError):
    code = "too_many_sockets"
    hint = "Close other tabs of this page, wait a minute, then reload it."
    status = 429


class TooMuchWaiting(PlaygroundError):
    """Frames that are received and not yet answered take too much memory."""

    code = "too_much_waiting"
    hint = "Wait for the answers to your earlier frames, then send this one again."
    status = 429


class InternalError(PlaygroundError):
    code = "internal_error"
    hint = "Try again. If it happens again, tell whoever runs this server; the details are in its log."
    status = 500


class InvalidData(PlaygroundError):
    """The data of a known event is not valid. Built from the first error of pydantic."""

    code = "invalid_data"

    @classmethod
    def from_validation(cls, error: ValidationError) -> InvalidData:
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        where = render_path(first["loc"])
        if first["type"] == "extra_forbidden":
            return UnknownField(f"There is no field {where!r} here.", where=where)
        if first["type"] == "missing":
            return MissingField(f"The field {where!r} is missing.", where=where)
        return cls(f"{where or 'data'}: {first['msg']}.", hint="Correct the field that `where` names.", where=where)


class UnknownField(InvalidData):
    code = "unknown_field"
    hint = "Remove the field or correct its name; the contract at /asyncapi.json lists them all."


class MissingField(InvalidData):
    code = "missing_field"
    hint = "Add the field; the contract at /asyncapi.json says what it takes."


def render_path(path: tuple[int | str, ...]) -> str:
    """('user_arch', 2, 'layer') -> 'user_arch[2].layer', cut at 200 characters since it may quote a user's key."""
    text = ""
    for step in path:
        text += f"[{step}]" if isinstance(step, int) else f".{step}" if text else step
    return text[:200]
