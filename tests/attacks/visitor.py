"""An HTTP client of an attacked server: keeps cookies, sends CSRF tokens, opens sockets with its own session."""

from __future__ import annotations

import functools
import http.client
import http.cookiejar
import json
import re
import urllib.error
import urllib.parse
import urllib.request
from dataclasses import dataclass
from typing import Any

from tests.server import Server, Talk

PASSWORD = "a long and unusual pass phrase"


@dataclass(frozen=True)
class Reply:
    status: int
    text: str
    url: str
    headers: dict[str, str]

    def json(self) -> Any:
        return json.loads(self.text)


class Visitor:
    """One browser. Different visitors share no cookies."""

    def __init__(self, server: Server, address: str = "", **headers: str) -> None:
        """Connect from `address`: on Linux any of 127.0.0.0/8 is this machine's own, and the server sees it.

        `headers` are sent with every request, for example `User_Agent`: underscores become hyphens.
        """
        self.server = server
        self.address = address
        self.cookies = http.cookiejar.CookieJar()
        self._headers = {name.replace("_", "-"): value for name, value in headers.items()}
        self._opener = urllib.request.build_opener(
            urllib.request.ProxyHandler({}), urllib.request.HTTPCookieProcessor(self.cookies), _From(address)
        )

    @property
    def cookie(self) -> str:
        """All cookies as one `Cookie` header."""
        return "; ".join(f"{cookie.name}={cookie.value}" for cookie in self.cookies)

    def get(self, path: str, timeout: float = 60) -> Reply:
        return self._open(urllib.request.Request(self.server.url + path, headers=self._headers), timeout)

    def post(self, path: str, fields: dict[str, Any], timeout: float = 60) -> Reply:
        """Post a form. The page at `path` is read first for its CSRF token where this visitor has none."""
        token = self._csrf_token() or self._fetch_csrf_token(path)
        body = urllib.parse.urlencode({**fields, "csrfmiddlewaretoken": token}).encode()
        headers = {**self._headers, "Referer": self.server.url + path, "Origin": self.server.url}
        return self._open(urllib.request.Request(self.server.url + path, data=body, headers=headers), timeout)

    def upload(self, content: bytes, name: str = "table.csv", timeout: float = 60) -> Reply:
        """Upload a table to `/datasets/`."""
        token = self._csrf_token() or self._fetch_csrf_token("/")
        boundary = "attack-boundary"
        head = f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n\r\n'
        body = head.encode() + content + f"\r\n--{boundary}--\r\n".encode()
        headers = {
            **self._headers,
            "Content-Type": f"multipart/form-data; boundary={boundary}",
            "X-CSRFToken": token,
            "Origin": self.server.url,
        }
        return self._open(urllib.request.Request(self.server.url + "/datasets/", data=body, headers=headers), timeout)

    def sign_up(self, username: str, email: str = "", password: str = PASSWORD) -> Reply:
        fields = {"username": username, "email": email, "password1": password, "password2": password}
        reply = self.post("/account/sign-up/", fields)
        assert reply.url.endswith("/account/"), reply.text
        return reply

    def sign_in(self, username: str, password: str = PASSWORD, path: str = "/account/sign-in/") -> Reply:
        """Try to sign in. `is_signed_in` tells whether it worked."""
        return self.post(path, {"username": username, "password": password})

    def sign_out(self) -> Reply:
        return self.post("/account/sign-out/", {})

    def is_signed_in(self) -> bool:
        return self.get("/account/").url.endswith("/account/")

    def begin_session(self) -> str:
        """Return the `Cookie` header of this visitor, with a session."""
        if not self.cookie:
            self.get("/")
        return self.cookie

    def talk(self, path: str = "/ws/training/") -> Talk:
        """Open a socket with this visitor's session."""
        return Talk(self.server, cookie=self.begin_session(), path=path, address=self.address)

    def _open(self, request: urllib.request.Request, timeout: float) -> Reply:
        try:
            with self._opener.open(request, timeout=timeout) as response:
                return _read(response)
        except urllib.error.HTTPError as error:
            with error:
                return _read(error)

    def _csrf_token(self) -> str:
        return next((cookie.value or "" for cookie in self.cookies if cookie.name == "csrftoken"), "")

    def _fetch_csrf_token(self, path: str) -> str:
        page = self.get(path).text
        found = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page)
        return found.group(1) if found else self._csrf_token()


class _From(urllib.request.HTTPHandler):
    """Opens connections from one address of this machine; empty: from any."""

    def __init__(self, address: str) -> None:
        super().__init__()
        self._source = (address, 0) if address else None

    def http_open(self, request: urllib.request.Request) -> Any:
        return self.do_open(functools.partial(http.client.HTTPConnection, source_address=self._source), request)


def _read(response: Any) -> Reply:
    text = response.read().decode(errors="replace")
    return Reply(response.status, text, response.url, {name.lower(): value for name, value in response.headers.items()})
