"""Frames and messages: parses the text of a client's frame, and encodes messages of the server."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from typing import Any, ClassVar, NoReturn

from pydantic import BaseModel, ConfigDict, model_validator

from playground.wire.bounds import check_lengths
from playground.wire.errors import BadFrame, FrameTooLarge
from playground.wire.storable_text import make_storable

MAX_FRAME_BYTES = 1_000_000  # of one frame

MAX_ID_LENGTH = 64
MAX_DEPTH = 16


class ClientMessage(BaseModel):
    """Base of messages from clients. Refuses unknown fields by name, and lists that are too long."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    event_name: ClassVar[str]

    @model_validator(mode="before")
    @classmethod
    def _check_lengths(cls, data: Any) -> Any:
        return check_lengths(cls, data)


class ServerMessage(BaseModel):
    """Base of messages from the server."""

    model_config = ConfigDict(frozen=True)

    event_name: ClassVar[str]


class Heartbeat(ServerMessage):
    """Sent every few seconds, so that both sides notice a dead connection."""

    event_name = "heartbeat"


@dataclass(frozen=True)
class Frame:
    """One frame of a client. Its envelope is validated, its data is not."""

    event: str
    data: dict[str, Any]
    id: str | None


def parse_frame(text: str, *, max_bytes: int) -> Frame:
    """Parse the text of one frame of a client. Raises BadFrame, FrameTooLarge, and nothing else."""
    check_size(text, max_bytes=max_bytes)
    try:
        frame = json.loads(text, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise BadFrame("The frame is not valid JSON.") from error
    if not isinstance(frame, dict):
        raise BadFrame("The frame is not a JSON object.")
    _check_depth(frame)
    unknown = frame.keys() - {"event", "data", "id"}
    if unknown:
        name = min(unknown)[:MAX_ID_LENGTH]
        raise BadFrame(f"The frame has an unknown field {name!r}.", where=name)
    event, data, frame_id = frame.get("event"), frame.get("data", {}), frame.get("id")
    if not isinstance(event, str) or not event:
        raise BadFrame("The frame has no event name.", where="event")
    if not isinstance(data, dict):
        raise BadFrame("The frame's data is not a JSON object.", where="data")
    if frame_id is not None and (not isinstance(frame_id, str) or len(frame_id) > MAX_ID_LENGTH):
        raise BadFrame(f"The frame's id is not a string of at most {MAX_ID_LENGTH} characters.", where="id")
    return Frame(event, data, frame_id)


def check_size(text: str, *, max_bytes: int) -> None:
    """Refuse a frame that is too large. Raises FrameTooLarge."""
    # A character has up to four bytes. Only text that could be too long is encoded to measure it.
    if len(text) * 4 > max_bytes and len(text.encode("utf-8", "surrogatepass")) > max_bytes:
        raise FrameTooLarge(f"A frame may have at most {max_bytes} bytes.")


def encode(event: str, data: dict[str, Any], reply_to: str | None = None) -> str:
    """Return the text of one frame of the server."""
    frame: dict[str, Any] = {"event": event, "data": data}
    if reply_to is not None:
        frame["reply_to"] = reply_to
    return json.dumps(frame, allow_nan=False, ensure_ascii=False, separators=(",", ":"))


def dump(message: BaseModel) -> dict[str, Any]:
    """Return a message as JSON values under its wire names.

    NaN and infinities become null, which JSON requires. Text is made storable (`storable_text`).
    """
    return replace_nonfinite(message.model_dump(mode="json", by_alias=True))


def replace_nonfinite(value: Any) -> Any:
    """Return a JSON value with null instead of NaN and infinities, and with storable text."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, str):
        return make_storable(value)
    if isinstance(value, dict):
        return {make_storable(key): replace_nonfinite(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [replace_nonfinite(item) for item in value]
    return value


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def _check_depth(value: Any) -> None:
    level: list[Any] = [value]
    for _ in range(MAX_DEPTH):
        level = [item for outer in level for item in _children(outer)]
        if not level:
            return
    raise BadFrame(f"The frame is nested deeper than {MAX_DEPTH} levels.")


def _children(value: Any) -> Any:
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list) else ()
