"""E-mail addresses: validation, and one spelling for comparison."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.core.validators import EmailValidator
from django.utils.encoding import punycode

from playground.accounts.exceptions import AddressRefused, HeaderInjection
from playground.accounts.preferences import MAX_ADDRESS

MAX_LOCAL_PART = 64
GMAIL_DOMAINS = ("gmail.com", "googlemail.com")

LINE_BREAKS = frozenset("\r\n\v\f\x1c\x1d\x1e\x85\u2028\u2029")

# Without the names that Django accepts by default, such as `localhost`: mail to this machine reaches nobody.
_validate_address = EmailValidator(allowlist=[])


def parse_address(text: str, where: str = "email_address") -> str:
    """Validate one e-mail address. Return it with an international domain in its ASCII form.

    The result may stand in a header, in a query string and in a page.

    Parameters
    ----------
    text
        The address, without a name or angle brackets. Spaces around it are removed.
    where
        The field that an error names.

    Raises
    ------
    AddressRefused, HeaderInjection
    """
    address = text.strip(" ")
    check_single_line(address, "The address", where)
    local_part, _, domain = address.rpartition("@")
    if not local_part.isascii():
        # The validator ignores case. It would accept letters whose other case is ASCII, such as "ſ" for "s".
        raise AddressRefused("The part before the @ may only contain Latin letters without accents.", where=where)
    try:
        address = f"{local_part}@{punycode(domain)}"
        _validate_address(address)
    except (ValidationError, UnicodeError):
        raise AddressRefused("This is not an e-mail address.", where=where) from None
    if len(address) > MAX_ADDRESS or len(local_part) > MAX_LOCAL_PART:
        raise AddressRefused(f"An e-mail address has at most {MAX_ADDRESS} characters.", where=where)
    if local_part.startswith('"') or domain.startswith("["):
        raise AddressRefused("Addresses with quoted names or with numbers in brackets are not accepted.", where=where)
    return address


def check_single_line(text: str, what: str, where: str) -> None:
    """Refuse line breaks in a value for an e-mail header. Raises HeaderInjection.

    what: the subject of the error's sentence, such as "The address".
    """
    if not LINE_BREAKS.isdisjoint(text):
        raise HeaderInjection(f"{what} may not contain a line break.", where=where)


def is_same_address(one: str, other: str) -> bool:
    """Return whether two texts spell the same address. False where `one` is empty.

    An address with a tag (`ada+lab@…`) is another address: not every provider ignores tags.
    """
    try:
        return bool(one) and normalize_address(one) == normalize_address(other)
    except UnicodeError:
        return False


def normalize_address(address: str) -> str:
    """Return one spelling of an address: in lower case, with an international domain in its ASCII form.

    Letters outside ASCII before the @ keep their case: in lower case they may spell another person's name.
    Raises UnicodeError for an impossible domain.
    """
    local_part, _, domain = address.strip().rpartition("@")
    name = local_part.lower() if local_part.isascii() else local_part
    return f"{name}@{punycode(domain.rstrip('.')).lower()}"


def normalize_mailbox(address: str) -> str:
    """Return one spelling of all addresses that may reach the same mailbox. Tags behind a `+` are removed.

    Dots in the local part stay, since most providers distinguish `a.b` from `ab`. Gmail ignores dots and has two
    domains. Raises UnicodeError for an impossible domain.
    """
    local_part, _, domain = normalize_address(address).rpartition("@")
    name = local_part.partition("+")[0] or local_part
    if domain in GMAIL_DOMAINS:
        name, domain = name.replace(".", "") or name, GMAIL_DOMAINS[0]
    return f"{name}@{domain}"
