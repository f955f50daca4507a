"""Find environment variables that look like settings and are not read."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

from playground.environment.reading import Environment

PREFIXES = ("DJANGO_", "PLAYGROUND_")
"""What other projects write before names such as SECRET_KEY."""
SIMILARITY = 0.85
"""The ratio of difflib from which two names count as one with a slip: ALOWED_HOSTS has 0.96, REDIS_HOST 0.63."""

# fmt: off
FIXED = frozenset((
    "ADMIN_MAX_SEARCH_LENGTH", "ADMIN_MAX_SEARCH_WORDS", "DATABASE_SECONDS", "EMAIL_CONFIRM_HOURS",
    "EMAIL_FILES_SECONDS", "EMAIL_LEASE_SECONDS", "EMAIL_MAX_ATTEMPTS", "EMAIL_PER_GUEST_PER_DAY",
    "EMAIL_PER_STRANGER_PER_DAY", "EMAIL_RETRY_SECONDS", "EMAIL_SENDERS", "EMAIL_TIMEOUT",
    "EMAIL_TO_STRANGERS_ADDRESS_PERCENT", "EMAIL_TO_STRANGERS_PER_USER_PER_DAY", "HTTP_MAX_BODIES_PER_ADDRESS",
    "HTTP_MAX_BODY_BYTES", "HTTP_MAX_REQUESTS_PER_ADDRESS", "HTTP_MIN_BYTES_PER_SECOND", "KNOWN_BROWSER_DAYS",
    "LINK_FRESH_SECONDS", "LINK_SECONDS", "PASSWORD_ATTEMPTS_PER_ADDRESS", "PASSWORD_HASHES_AT_ONCE",
    "PASSWORD_RESETS_PER_ADDRESS_PER_HOUR", "PASSWORD_RESETS_PER_MAILBOX_PER_HOUR",
    "PASSWORD_RESETS_PER_NETWORK_PER_HOUR", "PASSWORD_WAIT_SECONDS", "READY_SECONDS", "REDIS_SECONDS",
    "SIGN_IN_FAILURES_PER_ACCOUNT", "SIGN_IN_FAILURES_PER_ADDRESS", "SIGN_IN_FREE_FAILURES",
    "SIGN_IN_MAX_WAIT_SECONDS", "SIGN_IN_TURN_SECONDS", "SIGN_IN_WINDOW_SECONDS", "TRAINING_ADDRESS_QUEUE_PERCENT",
    "TRAINING_ANSWER_SECONDS", "TRAINING_CHECKPOINT_EPOCHS", "TRAINING_CHECKPOINT_SECONDS",
    "TRAINING_COMPARISON_SEEDS", "TRAINING_GUEST_QUEUE_PERCENT", "TRAINING_LEASE_SECONDS", "TRAINING_LINK_WORKERS",
    "TRAINING_LONG_QUESTION_WORKERS", "TRAINING_MAX_ATTEMPTS", "TRAINING_MAX_CELLS", "TRAINING_MAX_FEATURES",
    "TRAINING_MAX_LAYERS", "TRAINING_MAX_QUESTIONS", "TRAINING_MAX_QUESTIONS_PER_OWNER",
    "TRAINING_MAX_SWEEP_EPOCHS", "TRAINING_QUESTION_MEMORY_MB", "TRAINING_QUESTION_SECONDS_PER_MINUTE",
    "UPLOAD_MAX_DATASETS_PER_OWNER", "WIRE_ABUSE_SECONDS", "WIRE_CONTROL_FRAMES_PER_SECOND",
    "WIRE_FRAMES_PER_SECOND", "WIRE_FRAME_BURST", "WIRE_HEARTBEAT_SECONDS", "WIRE_JOBS_PER_ADDRESS",
    "WIRE_JOBS_PER_OWNER", "WIRE_LARGE_FRAME_BYTES_PER_SECOND", "WIRE_MAX_FRAGMENTS", "WIRE_MAX_FRAME_BYTES",
    "WIRE_MAX_QUEUED_BYTES", "WIRE_MAX_SOCKETS_PER_OWNER", "WIRE_MAX_UNSENT_BYTES", "WIRE_MESSAGE_SECONDS",
    "WIRE_MIN_BYTES_PER_SECOND", "WIRE_RECONCILE_SECONDS", "WIRE_RIGHTS_SECONDS", "WIRE_SEND_SECONDS",
))
# fmt: on
"""Variables of earlier versions whose values are constants now."""
DERIVED = {
    "HTTP_MAX_HELD_BYTES_PER_ADDRESS": "It is a quarter of HTTP_MAX_HELD_BYTES now.",
    "WIRE_MAX_HELD_BYTES_PER_ADDRESS": "It is a third of WIRE_MAX_HELD_BYTES now.",
}
"""Variables of earlier versions whose values follow from another setting."""


def find_misspelled(environment: Iterable[str]) -> dict[str, str]:
    """Return the variables that no setting reads although their names resemble a setting, with its name."""
    known = sorted(Environment.model_fields)
    found = {}
    for name in sorted(set(environment) - set(known) - FIXED - set(DERIVED)):
        bare = name.upper()
        for prefix in PREFIXES:
            bare = bare.removeprefix(prefix)
        similar = difflib.get_close_matches(bare, known, n=1, cutoff=SIMILARITY)
        if similar and len(bare) > 3:
            found[name] = similar[0]
    return found


def find_removed(environment: Iterable[str]) -> dict[str, str]:
    """Return the variables that were settings in earlier versions, with what happened to each."""
    return {
        name: DERIVED.get(name, "Its value is fixed in the code now.")
        for name in sorted(environment)
        if name in FIXED or name in DERIVED
    }
