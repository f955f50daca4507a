"""Which mailbox an address belongs to: the key of the limits that all mail to one mailbox shares."""

from __future__ import annotations

from django.utils.crypto import salted_hmac
from django.utils.encoding import punycode

SALT = "notifications.mailbox"
GMAIL_DOMAINS = ("gmail.com", "googlemail.com")


def normalize_address(address: str) -> str:
    """Return one spelling of an address: case does not matter, and an international domain equals its ASCII form.

    Letters outside ASCII before the @ stay as they are: their small forms may be other people's names.
    Raises UnicodeError for an impossible domain.
    """
    local_part, _, domain = address.strip().rpartition("@")
    name = local_part.lower() if local_part.isascii() else local_part
    return f"{name}@{punycode(domain.rstrip('.')).lower()}"


def normalize_mailbox(address: str) -> str:
    """Return one spelling for all addresses that may reach the same mailbox: a tag behind `+` does not matter, either.

    Dots in the local part stay, since most providers tell `a.b` and `ab` apart. Gmail ignores them and has two domains.
    Raises UnicodeError for an impossible domain.
    """
    local_part, _, domain = normalize_address(address).rpartition("@")
    name = local_part.partition("+")[0] or local_part
    if domain in GMAIL_DOMAINS:
        name, domain = name.replace(".", "") or name, GMAIL_DOMAINS[0]
    return f"{name}@{domain}"


def hash_mailbox(address: str) -> str:
    """Return the keyed hash of the mailbox, 64 hexadecimal digits. It counts mail without keeping the address."""
    return salted_hmac(SALT, normalize_mailbox(address), algorithm="sha256").hexdigest()


def is_same_address(one: str, other: str) -> bool:
    """Return whether both are spellings of one address. A tag makes another address: not every provider drops it."""
    try:
        return bool(one) and normalize_address(one) == normalize_address(other)
    except UnicodeError:
        return False
