"""The page of fixed limits, built from the constants that hold them."""

from __future__ import annotations

from dataclasses import dataclass

from django.conf import settings

from notifications import letter, mail_queue, policy
from playground.accounts import known_browser_cookie, links, password_hashing, rate_limits, sign_in_delay
from playground.wire import bodies, consumer, envelope, frame_queue, outflow, reading, socket_accounts
from training import limits, quota, sweep_runs, uploads
from training.engines import question_limits, question_pool
from training.jobs import from_rows
from training.runs import leases, queue_limits

INTRODUCTION = """\
# Fixed limits

The limits that the code fixes, and that a user or operator may meet. [Settings](settings.md) has the limits that an
operator chooses.
"""


@dataclass(frozen=True)
class Limit:
    """A limit with its unit, and what it holds for."""

    value: int
    unit: str
    meaning: str


SECTIONS: dict[str, tuple[Limit, ...]] = {
    "Runs and sweeps": (
        Limit(limits.Limits().layers, "layers", "of one network"),
        Limit(limits.Limits().features, "numbers", "per row after preparation"),
        Limit(limits.Limits().cells, "numbers", "of one table: rows times numbers per row after preparation"),
        Limit(limits.SweepLimits().epochs, "epochs", "of all trainings of a sweep or comparison together"),
        Limit(sweep_runs.COMPARISON_SEEDS, "seeds", "with which each of two compared runs is trained"),
        Limit(from_rows.CHECKPOINT_SECONDS, "seconds", "between two checkpoints of a run, at least"),
        Limit(leases.LEASE_SECONDS, "seconds", "until the run of a lost worker is continued by another"),
        Limit(leases.MAX_ATTEMPTS, "attempts", "at a run whose workers are lost without a checkpoint"),
        Limit(queue_limits.GUEST_QUEUE_PERCENT, "percent", "of the queue for the runs of all guests"),
        Limit(queue_limits.ADDRESS_QUEUE_PERCENT, "percent", "of the queue for one network address"),
    ),
    "Checks, predictions and descriptions": (
        Limit(limits.ANSWER_SECONDS, "seconds", "for one answer"),
        Limit(limits.QUESTION_MEMORY_MB, "MB", "for one answer"),
        Limit(
            question_pool.SECONDS_PER_MINUTE,
            "seconds",
            "of work per minute for one owner, while others ask",
        ),
        Limit(question_limits.MAX_QUESTIONS_PER_OWNER, "questions", "of one owner at once"),
        Limit(question_limits.MAX_QUESTIONS, "questions", "at once in one server process"),
    ),
    "Uploads and links": (
        Limit(quota.MAX_DATASETS_PER_OWNER, "uploads", "kept for one owner"),
        Limit(uploads.LINK_SECONDS, "seconds", "to fetch a table from a link"),
        Limit(uploads.LINK_FRESH_SECONDS, "seconds", "for which a fetched table is used again"),
    ),
    "Sockets": (
        Limit(envelope.MAX_FRAME_BYTES, "bytes", "of one frame"),
        Limit(consumer.FRAMES_PER_SECOND, "frames", "per second on one socket, on average"),
        Limit(frame_queue.FRAME_BURST, "frames", "at once on one socket"),
        Limit(consumer.ABUSE_SECONDS, "seconds", "of more frames until the socket is closed"),
        Limit(frame_queue.MAX_QUEUED_BYTES, "bytes", "of frames that wait on one socket"),
        Limit(reading.MESSAGE_SECONDS, "seconds", "for a message to arrive; then its rate counts"),
        Limit(reading.MIN_BYTES_PER_SECOND, "bytes", "per second for a message that takes longer"),
        Limit(reading.MAX_FRAGMENTS, "fragments", "of one message"),
        Limit(reading.CONTROL_FRAMES_PER_SECOND, "frames", "per second: pings, pongs and fragments"),
        Limit(socket_accounts.MAX_SOCKETS_PER_OWNER, "sockets", "of one user or guest"),
        Limit(outflow.MAX_UNSENT_BYTES, "bytes", "that may wait for a client that does not read"),
        Limit(outflow.SEND_SECONDS, "seconds", "that a frame may wait for such a client"),
    ),
    "HTTP requests": (
        Limit(settings.DATA_UPLOAD_MAX_MEMORY_SIZE, "bytes", "of one request without the file of an upload"),
        Limit(bodies.MIN_BYTES_PER_SECOND, "bytes", "per second at which a body has to arrive"),
        Limit(bodies.MAX_REQUESTS_PER_ADDRESS, "requests", "at once from one network address"),
        Limit(bodies.MAX_BODIES_PER_ADDRESS, "requests", "of these with an incomplete body"),
    ),
    "Sign-in and passwords": (
        Limit(
            sign_in_delay.FREE_FAILURES,
            "failures",
            "for one account from one browser or address, before it has to wait",
        ),
        Limit(sign_in_delay.MAX_WAIT_SECONDS, "seconds", "of waiting before the next attempt, at most"),
        Limit(
            sign_in_delay.FAILURES_PER_ACCOUNT,
            "failures",
            "for one account from all unknown browsers; then these take turns",
        ),
        Limit(sign_in_delay.TURN_SECONDS, "seconds", "between two of these turns"),
        Limit(
            sign_in_delay.FAILURES_PER_ADDRESS,
            "failures",
            "from one address for any account; then one failure is free",
        ),
        Limit(sign_in_delay.WINDOW_SECONDS, "seconds", "for which failures are remembered"),
        Limit(known_browser_cookie.KNOWN_DAYS, "days", "for which a browser is known after a sign-in"),
        Limit(password_hashing.ATTEMPTS_PER_ADDRESS, "passwords", "checked at once for one network address"),
        Limit(
            password_hashing.WAIT_SECONDS,
            "seconds",
            "that an attempt waits for its check; then it is answered with 429",
        ),
        Limit(
            rate_limits.RESETS_PER_ADDRESS_PER_HOUR,
            "links",
            "for a new password per hour from one address",
        ),
        Limit(
            rate_limits.RESETS_PER_NETWORK_PER_HOUR,
            "links",
            "per hour from one network (IPv4 /24, IPv6 /48)",
        ),
    ),
    "Mail": (
        Limit(policy.PER_GUEST_PER_DAY, "mails", "of one guest per day"),
        Limit(
            policy.PER_STRANGER_PER_DAY,
            "mails",
            "per day to a mailbox that the sender has not confirmed",
        ),
        Limit(policy.TO_STRANGERS_PER_USER_PER_DAY, "mails", "of one user per day to such mailboxes"),
        Limit(
            policy.TO_STRANGERS_ADDRESS_PERCENT,
            "percent",
            "of `EMAIL_TO_STRANGERS_PER_HOUR` for one network address",
        ),
        Limit(
            policy.RESETS_PER_MAILBOX_PER_HOUR,
            "mails",
            "with links for a new password per hour to one mailbox",
        ),
        Limit(links.CONFIRM_HOURS, "hours", "for which a confirmation link works"),
        Limit(mail_queue.MAX_ATTEMPTS, "attempts", "to send a mail: about a day"),
        Limit(letter.MAX_FILES_WAIT, "seconds", "that a mail waits for files that are being built"),
    ),
}


def build_page() -> str:
    """Return the page as Markdown."""
    return "\n".join([INTRODUCTION, *(_build_section(title, rows) for title, rows in SECTIONS.items())])


def _build_section(title: str, limits: tuple[Limit, ...]) -> str:
    rows = [f"| {limit.value:,} {limit.unit} | {limit.meaning} |" for limit in limits]
    return "\n".join([f"## {title}", "", "| limit | meaning |", "|---|---|", *rows, ""])
