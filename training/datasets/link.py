"""Fetch a table from a link. Links lead to public addresses only, never into the server's own network.

Each address is checked after its name was resolved, and the connection goes to the checked address. A name that
resolves differently the second time gains nothing. Redirects are followed one by one, each checked.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import closing, contextmanager
from http.client import HTTPConnection, HTTPException, HTTPResponse
from ipaddress import ip_address
from typing import BinaryIO
from urllib.parse import SplitResult, quote, urljoin, urlsplit

from training.datasets.connection import CHUNK, PORTS, Bound, BoundSocket, LinkLimits, Target, connect, resolve
from training.exceptions import LinkRefused, LinkUnreachable, UploadTooLarge

MAX_REDIRECTS = 5
REDIRECTS = (301, 302, 303, 307, 308)
# urlsplit drops tabs and line breaks, and browsers read a backslash as a slash, so two readers would see two links.
_UNSAFE = re.compile(r"[\x00-\x20\x7f-\xa0\\]")
_NAME = re.compile(r"(?!-)[a-z0-9_-]{1,63}(\.[a-z0-9_-]{1,63})*\.?")


def fetch(url: str, sink: BinaryIO, limits: LinkLimits) -> int:
    """Write the file behind the link into `sink` and return its size in bytes.

    Raises LinkRefused, LinkUnreachable, UploadTooLarge.
    """
    bound = Bound(limits)
    for _ in range(MAX_REDIRECTS + 1):
        target = parse_link(url)
        with _reporting_failures(limits), closing(connect(target, resolve(target, bound), bound)) as connected:
            response = _get(target, BoundSocket(connected, bound))
            if response.status in REDIRECTS and (location := response.headers.get("Location")):
                url = _follow(url, location)
                continue
            _check_answer(response)
            return _copy(response, sink, limits)
    raise LinkUnreachable("The link leads from one redirect to the next.")


# --- the link --------------------------------------------------------------------------------------------------------


def parse_link(url: str) -> Target:
    """Return the parts of a plain http or https link. Raises LinkRefused for everything else."""
    if _UNSAFE.search(url):
        raise LinkRefused("The link has a space, a backslash or a control character in it.")
    try:
        parts = urlsplit(url)
        port = parts.port
        host = parts.hostname or ""
    except ValueError:
        raise LinkRefused("This is not a link.") from None
    if parts.scheme not in PORTS or not host or port == 0:
        raise LinkRefused("Only http and https links are followed.")
    if "@" in parts.netloc:
        raise LinkRefused("Links with a user name or password in them are not followed.")
    return Target(parts.scheme, _parse_host(host, parts), port or PORTS[parts.scheme], _quote_path(parts))


def _parse_host(host: str, parts: SplitResult) -> str:
    if "[" in parts.netloc:
        try:
            address = ip_address(host)
        except ValueError:
            raise LinkRefused("This is not a link.") from None
        if "%" in host:
            raise LinkRefused("Links with a zone in the address, after a %, are not followed.")
        return str(address)
    try:
        name = host if host.isascii() else host.encode("idna").decode()
    except UnicodeError:
        raise LinkRefused("The name of the link's server cannot be read.") from None
    if not _NAME.fullmatch(name):
        raise LinkRefused("The name of the link's server cannot be read.")
    return name


def _quote_path(parts: SplitResult) -> str:
    """Return the path and query in ASCII. Existing percent-encoding is kept."""
    target = parts.path or "/"
    if parts.query:
        target += f"?{parts.query}"
    return quote(target, safe="/?:@!$&'()*+,;=~%")


def _follow(url: str, location: str) -> str:
    # http.client decodes headers as Latin-1; other characters there are unencoded UTF-8.
    try:
        return urljoin(url, location.encode("latin-1").decode().strip())
    except ValueError:
        raise LinkRefused("The link leads to something that is not a link.") from None


@contextmanager
def _reporting_failures(limits: LinkLimits) -> Iterator[None]:
    """Convert the errors of a connection to LinkUnreachable."""
    try:
        yield
    except TimeoutError:
        raise LinkUnreachable(f"The file took longer than {limits.seconds:g} seconds to arrive.") from None
    except (HTTPException, OSError, ValueError) as error:
        raise LinkUnreachable(f"The link cannot be opened: {type(error).__name__}.") from error


def _get(target: Target, connected: BoundSocket) -> HTTPResponse:
    connection = HTTPConnection(target.host, target.port)
    connection.sock = connected
    connection.auto_open = 0
    connection.putrequest("GET", target.path, skip_host=True, skip_accept_encoding=True)
    headers = {"Host": target.host_header, "User-Agent": "deep-learning-playground", "Accept-Encoding": "identity"}
    for name, value in {**headers, "Accept": "*/*", "Connection": "close"}.items():
        connection.putheader(name, value)
    connection.endheaders()
    return connection.getresponse()


def _check_answer(response: HTTPResponse) -> None:
    if response.status != 200:
        raise LinkUnreachable(f"The link answered with status {response.status} instead of a file.")
    # Compressed answers are refused: a small answer could become a file of any size.
    if (encoding := response.headers.get("Content-Encoding", "identity").strip().lower()) not in ("", "identity"):
        raise LinkUnreachable(
            f"The link answered with a compressed file ({encoding[:20]}), which it was not asked for."
        )


def _copy(response: HTTPResponse, sink: BinaryIO, limits: LinkLimits) -> int:
    size = 0
    while chunk := response.read1(CHUNK):  # what has arrived so far, not a whole chunk
        size += len(chunk)
        if size > limits.max_bytes:
            raise UploadTooLarge(f"The file behind the link is larger than {limits.max_bytes:,} bytes.")
        sink.write(chunk)
    if response.length:
        raise LinkUnreachable("The connection broke before all of the file had arrived.")
    return size
