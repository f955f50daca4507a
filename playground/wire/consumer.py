"""EventConsumer, the base of every app's consumer: receives frames, calls the handler of each event, sends frames."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any, ClassVar, Generic, Literal, TypeVar

from channels.consumer import get_handler_name
from channels.exceptions import StopConsumer
from channels.generic.websocket import AsyncWebsocketConsumer
from django.db import DatabaseError
from pydantic import Field, ValidationError

from playground.wire import envelope, groups
from playground.wire.access import check_account
from playground.wire.envelope import (
    ClientMessage,
    Frame,
    Heartbeat,
    ServerMessage,
    dump,
    encode,
    parse_frame,
)
from playground.wire.errors import (
    ErrorData,
    InternalError,
    InvalidData,
    PlaygroundError,
    RateLimited,
    TooManySockets,
    TooMuchWaiting,
    UnknownEvent,
)
from playground.wire.frame_queue import FRAME_BURST, FrameQueue, WaitingFrame
from playground.wire.identity import Identity, identify
from playground.wire.inflow import CLOSE_TOO_MANY_SOCKETS, find_account
from playground.wire.large_frames import compute
from playground.wire.meters import FRAMES, SOCKETS, app_of
from playground.wire.outage import build_unavailable, is_outage
from playground.wire.outflow import ClientGone
from playground.wire.parse_schedule import wait_for_turn
from playground.wire.rate import RateLimit
from playground.wire.rights import Credentials, build_credentials, find_rights
from playground.wire.session import build_cookie, renew_session
from playground.wire.threads import OPENING, in_thread, set_visitor

FRAMES_PER_SECOND = 50  # of one socket, on average
ABUSE_SECONDS = 10  # after which a socket that ignores the rate limit is closed
HEARTBEAT_SECONDS = 20  # between two heartbeats
RIGHTS_SECONDS = 2  # between two checks of the session, account and permissions of an open socket

CLOSE_RATE_LIMITED = 4429
CLOSE_RIGHTS_CHANGED = 4401
REFUSAL_SECONDS = 0.01  # between two refused frames of a socket: meanwhile the server reads no more from this client
SESSION_SECONDS = 3_600  # between two checks whether the session of an open socket has to be prolonged
PEEK_BYTES = 4_096  # a refused frame up to this size is still parsed, so that its error names the frame's id

logger = logging.getLogger(__name__)
frontend_logger = logging.getLogger("frontend")

Message = TypeVar("Message", bound=ClientMessage)
Connection = TypeVar("Connection", bound="EventConsumer")
Handler = Callable[[Any, Any], Awaitable[ServerMessage | None]]

OWNER_ONLY: tuple[str, ...] = ()
"""The `staff` of an event that reaches only what the sender owns, or what is public."""


class ErrorMessage(ErrorData, ServerMessage):
    """Any failure. The socket stays open."""

    event_name = "error"


class FrontendLog(ClientMessage):
    """A line for the server's log, from the page's own code. Not answered."""

    event_name = "frontendLog"

    level: Literal["debug", "info", "warning", "error"] = "info"
    message: str = Field(min_length=1, max_length=2_000)


def handles(
    message: type[Message],
    *,
    staff: tuple[str, ...],
    more: tuple[str, ...] = (),
    answers: tuple[type[ServerMessage], ...] = (),
    always: bool = False,
) -> Callable[[Handler], Handler]:
    """Mark a method of an EventHandlers or EventConsumer class as the handler of one client event.

    The method returns the direct answer or None.

    Parameters
    ----------
    staff
        Django permissions which staff need, all of them, to use the event on what belongs to others. They are the same
        as in the admin. `OWNER_ONLY` where nobody may.
    more
        Further permissions, with which staff see more in the answer. While the event is handled, `self.identity` has
        the permissions of `staff` and `more` and no others.
    answers
        The events that a client may expect, for the contract.
    always
        With ACCOUNTS_ONLY, guests may use the event all the same: it only reads, or stops what they own.
    """

    def mark(method: Handler) -> Handler:
        method.handled = message  # type: ignore[attr-defined]
        method.staff = frozenset(staff)  # type: ignore[attr-defined]
        method.permissions = frozenset((*staff, *more))  # type: ignore[attr-defined]
        method.answers = answers  # type: ignore[attr-defined]
        method.always = always  # type: ignore[attr-defined]
        return method

    return mark


def _find_handlers(owner: type) -> dict[str, Handler]:
    """Return the marked methods of a class and its bases, by the names of their events."""
    methods = [value for base in reversed(owner.__mro__) for value in vars(base).values()]
    return {method.handled.event_name: method for method in methods if hasattr(method, "handled")}


def _enter(scope: Any, permissions: frozenset[str]) -> tuple[Identity, bool]:
    """Return who opens a socket, and whether their session was prolonged."""
    return identify(scope, *permissions), renew_session(scope["session"])


class EventHandlers(Generic[Connection]):
    """The handlers of the client events of one topic: methods marked with `handles`.

    A consumer that lists the class in `handlers` constructs one object for each connection.
    """

    sends: ClassVar[tuple[type[ServerMessage], ...]] = ()
    """The messages that the consumer sends because of this topic."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection

    @property
    def identity(self) -> Identity:
        return self.connection.identity


class EventConsumer(AsyncWebsocketConsumer):
    """Parses frames, keeps their order, limits their rate, and answers each failure with an `error` event.

    Frames are handled one after the other in a task of their own, so that relaying what others broadcast
    never waits behind a slow handler.
    """

    handlers: ClassVar[tuple[type[EventHandlers[Any]], ...]] = ()
    """The topics of this consumer. A consumer may also have marked methods of its own."""
    events: ClassVar[dict[str, Handler]] = {}
    """The marked method for each event that this consumer accepts."""
    sends: ClassVar[tuple[type[ServerMessage], ...]] = (ErrorMessage, Heartbeat)
    """Every message that this consumer may send, those of its topics included.

    The contract lists them, and `send_message` refuses others.
    """

    identity: Identity
    """The visitor, with the permissions that the event at hand declares."""
    staff_permissions: ClassVar[frozenset[str]] = frozenset()
    """All permissions that this consumer's events declare."""
    _sent_events: ClassVar[frozenset[str]] = frozenset()
    _topics: ClassVar[dict[str, type[EventHandlers[Any]]]] = {}
    """The topic of each event that is not handled by the consumer itself."""

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        cls.sends = tuple(dict.fromkeys((*cls.sends, *(message for topic in cls.handlers for message in topic.sends))))
        cls._sent_events = frozenset(message.event_name for message in cls.sends)
        by_topic = {topic: _find_handlers(topic) for topic in cls.handlers}
        cls._topics = {event: topic for topic, events in by_topic.items() for event in events}
        cls.events = _find_handlers(cls)
        for events in by_topic.values():
            if twice := cls.events.keys() & events:
                raise TypeError(f"{cls.__name__} has two handlers of {sorted(twice)}")
            cls.events |= events
        cls.staff_permissions = frozenset().union(*(handler.permissions for handler in cls.events.values()))  # type: ignore[attr-defined]

    async def connect(self) -> None:
        self._account = find_account(self.scope)
        set_visitor(self._account.address, OPENING)
        self._handlers = {topic: topic(self) for topic in self.handlers}
        self._granted, is_renewed = await in_thread(_enter)(self.scope, self.staff_permissions)
        self.identity = self._granted.limit_to(OWNER_ONLY)
        set_visitor(self._account.address, self.identity.owner)
        await self.accept(headers=build_cookie(self.scope, is_renewed))
        if not self._account.claim(self.identity.owner):
            await self._send_error(TooManySockets("You have too many sockets open."), None)
            await self.close(CLOSE_TOO_MANY_SOCKETS)
            return
        self._rate = RateLimit(FRAMES_PER_SECOND, FRAME_BURST)
        self._frames = FrameQueue(self._account)
        credentials = build_credentials(self.scope, self.staff_permissions)
        loops = (
            self._answer_frames(),
            self._send_heartbeats(),
            self._check_rights(credentials),
            self._keep_session(),
        )
        self._tasks = [asyncio.create_task(loop) for loop in loops]
        SOCKETS.labels(app_of(self)).inc()
        await self.opened()

    async def opened(self) -> None:
        """Called when the socket is open and `self.identity` is known. For subclasses to override."""

    async def closed(self) -> None:
        """Called when the socket is closed. For subclasses to override."""

    async def join_group(self, group: str) -> None:
        """Receive what is sent to a group of sockets. While the channel layer is away, retry until it is back."""
        if not await groups.try_to_join(group, self.channel_name):
            self._tasks.append(asyncio.create_task(self._keep_joining(group)))

    async def leave_group(self, group: str) -> None:
        await groups.leave(group, self.channel_name)

    async def _keep_joining(self, group: str) -> None:
        while True:
            await asyncio.sleep(groups.RECONCILE_SECONDS)
            if await groups.try_to_join(group, self.channel_name):
                return

    async def dispatch(self, message: dict[str, Any]) -> None:
        """Call the handler of a channel layer's or the server's message.

        Channels also closes outdated database connections at each message, which takes a thread. Here only threads of
        `in_thread` have connections, and close them.
        """
        await getattr(self, get_handler_name(message))(message)

    async def websocket_disconnect(self, message: dict[str, Any]) -> None:
        if hasattr(self, "_tasks"):
            SOCKETS.labels(app_of(self)).dec()
            for task in self._tasks:
                task.cancel()
            await self.closed()
            self._handlers.clear()  # they refer to the consumer: without the cycle it is freed at once
        if hasattr(self, "_account"):
            self._account.close()
        raise StopConsumer

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        """Queue a frame for its answer, or refuse it at once if too many or too large frames are queued."""
        if not hasattr(self, "_tasks"):
            return  # the socket is refused, and about to close
        # A binary frame is queued as text that is not JSON, so that it is refused in order.
        text = text_data if text_data is not None else ""
        if not self._rate.allow() or self._frames.is_full:
            await self._refuse(text, RateLimited("Too many frames."))
            return
        try:
            self._frames.put(text)
        except TooMuchWaiting as error:
            await self._refuse(text, error)

    async def send_message(self, message: ServerMessage, reply_to: str | None = None) -> None:
        await self.send_event(message.event_name, dump(message), reply_to)

    async def send_event(self, event: str, data: dict[str, Any], reply_to: str | None = None) -> None:
        """Send a message of `event` that `dump` has converted."""
        await self.send_text(event, encode(event, data, reply_to))

    async def send_text(self, event: str, text: str) -> None:
        """Send an encoded frame of `event`. Raises LookupError if `sends` lacks the event."""
        if event not in self._sent_events:
            raise LookupError(f"{type(self).__name__} does not declare that it sends {event!r}")
        await self.send(text_data=text)

    async def _answer_frames(self) -> None:
        while True:
            waiting = await self._frames.get()
            try:
                await self._answer_frame(waiting)
            except ClientGone:
                return  # the connection is cut
            except Exception:
                logger.exception("a frame of %s could not be answered", self.identity.owner)
            finally:
                self._frames.finish(waiting)
                del waiting  # otherwise its text stays in memory until the next frame arrives

    async def _answer_frame(self, waiting: WaitingFrame) -> None:
        """Answer one frame. Every failure is answered too, so that the socket stays open."""
        frame: Frame | None = None
        outcome = "cut off"
        try:
            if waiting.error is not None:
                raise waiting.error
            await wait_for_turn(self._account.address, self.identity.owner, len(waiting.text))
            characters = len(waiting.text)
            frame = await compute(characters, parse_frame, waiting.text, max_bytes=envelope.MAX_FRAME_BYTES)
            answer = await self._handle(frame, characters)
            if answer is not None:
                await self.send_message(answer, frame.id)
            outcome = "answered"
        except PlaygroundError as error:
            outcome = "refused"
            await self._send_error(error, frame)
        except Exception as error:
            # Only the log contains the traceback.
            logger.exception("event %r failed for %s", frame.event if frame else None, self.identity.owner)
            if is_outage(error):
                outcome = "unavailable"
                await self._send_error(build_unavailable(), frame)
            else:
                outcome = "failed"
                await self._send_error(InternalError("Something went wrong on the server."), frame)
        finally:
            self._count(frame, outcome)

    def _count(self, frame: Frame | None, outcome: str) -> None:
        event = (
            frame.event if frame and frame.event in self.events else ""
        )  # otherwise clients could create any number of labels
        FRAMES.labels(app_of(self), event, outcome).inc()

    async def _handle(self, frame: Frame, characters: int) -> ServerMessage | None:
        handler = self.events.get(frame.event)
        if handler is None:
            raise UnknownEvent(
                f"There is no event {frame.event[:100]!r} on this socket.",
                hint=f"Events: {', '.join(sorted(self.events))}.",
            )
        if not handler.always:  # type: ignore[attr-defined]
            check_account(self._granted)
        try:
            validate = handler.handled.model_validate  # type: ignore[attr-defined]
            message = await compute(characters, validate, frame.data)
        except ValidationError as error:
            raise InvalidData.from_validation(error) from error
        self.reply_to = frame.id
        self.identity = self._granted.limit_to(handler.permissions)  # type: ignore[attr-defined]
        topic = self._topics.get(frame.event)
        return await handler(self._handlers[topic] if topic else self, message)

    async def _refuse(self, text: str, error: PlaygroundError) -> None:
        """Answer a frame with an error at once. A client that continues to send such frames is disconnected."""
        frame = None
        if len(text) <= PEEK_BYTES:
            try:
                frame = parse_frame(text, max_bytes=PEEK_BYTES)
            except PlaygroundError:
                frame = None  # it is refused anyway, without an id
        self._rate.refuse()
        self._count(frame, "rate_limited")
        await self._send_error(error, frame)
        if self._rate.abuse_seconds >= ABUSE_SECONDS:
            await self.close(CLOSE_RATE_LIMITED)
        await asyncio.sleep(REFUSAL_SECONDS)

    async def _send_error(self, error: PlaygroundError, frame: Frame | None) -> None:
        data = error.data.model_copy(update={"event": frame.event[:100] if frame else ""})
        await self.send_event(ErrorMessage.event_name, data.model_dump(), frame.id if frame else None)

    async def _send_heartbeats(self) -> None:
        while True:
            await asyncio.sleep(HEARTBEAT_SECONDS)
            await self.send_message(Heartbeat())

    async def _check_rights(self, credentials: Credentials) -> None:
        """Close the socket when its session ends or its permissions change. The client then connects again."""
        while True:
            await asyncio.sleep(RIGHTS_SECONDS)
            try:
                rights = await find_rights(credentials)
            except Exception:  # noqa: S112 - `rights` logs it, once for all sockets
                # The database is away: nothing can be read or changed through this socket either. Check again later.
                continue
            if rights != self._granted.permissions:
                logger.info("the session or the permissions of %s changed: its socket is closed", self.identity.owner)
                await self.close(CLOSE_RIGHTS_CHANGED)
                return

    async def _keep_session(self) -> None:
        """Extend the session of a socket that stays open for days, as requests do."""
        while True:
            await asyncio.sleep(SESSION_SECONDS)
            try:
                await in_thread(renew_session)(self.scope["session"])
            except DatabaseError:
                logger.warning("the session of a socket could not be prolonged", exc_info=True)

    @handles(FrontendLog, staff=OWNER_ONLY, always=True)
    async def write_frontend_log(self, message: FrontendLog) -> None:
        # unicode_escape keeps control characters and newlines from forging lines of the log.
        line = message.message.encode("unicode_escape").decode("ascii")
        frontend_logger.log(logging.getLevelNamesMapping()[message.level.upper()], "%s: %s", self.identity.owner, line)
