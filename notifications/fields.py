"""What a sender may write into a message: an address, a subject, a body, names of files. Called before it is stored.

Whatever passes here may stand in a header, in a query string and in a page.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

from django.core.exceptions import ValidationError
from django.core.validators import EmailValidator
from django.utils.encoding import punycode

from notifications.exceptions import AddressRefused, AttachmentNotFound, AttachmentRefused, HeaderInjection, TextRefused
from training.artifacts.catalog import KINDS

MAX_ADDRESS = 254  # RFC 5321, 4.5.3.1, less the angle brackets
MAX_LOCAL_PART = 64
MAX_SUBJECT = 200
MAX_BODY = 20_000
MAX_QUOTED = 60  # characters of a refused name that its error repeats

LINE_BREAKS = frozenset("\r\n\v\f\x1c\x1d\x1e\x85\u2028\u2029")
# They turn the direction of what follows, so that a text reads differently from what it says.
DIRECTION_MARKS = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")

# So begins an "encoded word" (RFC 2047), which mail programs show as another text, line breaks included.
ENCODED_WORD = "=?"

# No names of this machine: mail for it is nobody's here.
_validate_address = EmailValidator(allowlist=[])


def parse_recipient(address: str) -> str:
    """Return one address. An international domain becomes its ASCII form, which every mail server understands.

    Raises AddressRefused, HeaderInjection.
    """
    where = "email_address"
    address = address.strip(" ")
    _refuse_breaks(address, "The address", where)
    local_part, _, domain = address.rpartition("@")
    if not local_part.isascii():
        # The validator ignores case, and so takes letters whose small or capital form is ASCII, such as "ſ" for "s".
        raise AddressRefused("Before the @, an address has Latin letters without accents.", where=where)
    try:
        address = f"{local_part}@{punycode(domain)}"
        _validate_address(address)
    except (ValidationError, UnicodeError):
        raise AddressRefused("This is no e-mail address.", where=where) from None
    if len(address) > MAX_ADDRESS or len(local_part) > MAX_LOCAL_PART:
        raise AddressRefused(f"An address has at most {MAX_ADDRESS} characters.", where=where)
    if local_part.startswith('"') or domain.startswith("["):
        raise AddressRefused("Quoted names and numbers in brackets are not accepted as addresses.", where=where)
    return address


def parse_subject(subject: str) -> str:
    """Raises HeaderInjection, TextRefused."""
    _refuse_breaks(subject, "The subject", "subject")
    if ENCODED_WORD in subject:
        raise TextRefused(f"The subject holds {ENCODED_WORD}, which mail programs read as a code.", where="subject")
    return _parse_text(subject, "The subject", "subject", MAX_SUBJECT)


def parse_body(body: str) -> str:
    """Lines end in a newline alone. Raises TextRefused."""
    body = body.replace("\r\n", "\n").replace("\r", "\n")
    return _parse_text(body, "The text", "body_text", MAX_BODY, allowed="\n\t")


def parse_names(names: Sequence[str]) -> list[str]:
    """Names of the catalogue, each once. Raises AttachmentRefused, AttachmentNotFound."""
    for index, name in enumerate(names):
        where = f"attachment_array[{index}]"
        if name in KINDS:
            continue
        if any(mark in name for mark in ("/", "\\", "..", ":", "%")) or name.startswith((".", "~")):
            raise AttachmentRefused(f"{quote(name)} looks like a path; files are attached by name.", where=where)
        raise AttachmentNotFound(f"There is no file called {quote(name)}.", where=where)
    return list(dict.fromkeys(names))


def clean_line(text: str, length: int) -> str:
    """A text of our own making, which may quote a learner's words, as one safe line."""
    text = text.replace(ENCODED_WORD, "= ?")
    line = " ".join("".join(" " if _is_control(letter) else letter for letter in text).split())
    return line if len(line) <= length else f"{line[: length - 1]}…"


def quote(text: str) -> str:
    return f"“{clean_line(text, MAX_QUOTED)}”"


def _refuse_breaks(text: str, what: str, where: str) -> None:
    if not LINE_BREAKS.isdisjoint(text):
        raise HeaderInjection(f"{what} may not hold a line break.", where=where)


def _parse_text(text: str, what: str, where: str, length: int, allowed: str = "") -> str:
    if len(text) > length:
        raise TextRefused(f"{what} has {len(text):,} characters; at most {length:,} are sent.", where=where)
    for letter in text:
        if _is_control(letter) and letter not in allowed:
            raise TextRefused(f"{what} holds the control character U+{ord(letter):04X}.", where=where)
    return text.strip()


def _is_control(letter: str) -> bool:
    return unicodedata.category(letter) in ("Cc", "Cs", "Zl", "Zp") or letter in DIRECTION_MARKS
