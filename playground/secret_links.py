"""Secret links, which grant something to every holder, and how to hide them in a log or an error."""

from __future__ import annotations

import re

HIDDEN = "…"
_SLASH = "(?:/|%2F)"
# For a new password, for confirming an address, for ending reports, for looking at somebody's run.
_PATHS = ("/account/password/new/", "/settings/email/", "/settings/reports/", "/shared/")
_STARTS = "|".join(_SLASH.join(path.split("/")) for path in _PATHS)
_LINK = re.compile(rf"({_STARTS})(?:\w+{_SLASH})?[\w%:-]{{16,}}", re.IGNORECASE)


def hide_links(text: str) -> str:
    """Return the text with the token of each secret link replaced, also where the link is percent-encoded."""
    return _LINK.sub(rf"\1{HIDDEN}", text)
