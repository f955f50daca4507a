"""A message as its recipient reads it, for the admin's page: text, and the HTML in a frame that can do nothing.

The frame is under the page's own policy, so that the letter stands there without its styles.
"""

from __future__ import annotations

import base64
import re

from django.template.defaultfilters import linebreaksbr
from django.utils.html import escape, format_html
from django.utils.safestring import SafeString

from notifications.compose import compose
from notifications.files import FilesPending
from notifications.letter import Letter
from notifications.models import EmailMessage
from playground.wire.errors import PlaygroundError


def show(message: EmailMessage) -> str | SafeString:
    """Return the letter as HTML, without the secret links: they are for its recipient alone."""
    try:
        letter = compose(message, hide_links=True)
    except FilesPending:
        return "It waits for files that are being built."
    except PlaygroundError as error:
        return f"It cannot be written: {error.message}"
    # What templates have rendered counts as safe and would stand in the admin's page unescaped: `escape` asks nothing.
    return format_html(
        '<p>{}</p><p>{}</p><iframe sandbox="" title="The HTML part" srcdoc="{}" width="640" height="480"></iframe>',
        letter.subject, linebreaksbr(escape(letter.body)), escape(_without_styles(_inline_picture(letter))),
    )  # fmt: skip


def _without_styles(html: str) -> str:
    """What the page's policy would refuse anyhow, and log. In what users wrote, quotes are escaped."""
    return re.sub(r'\sstyle="[^"]*"', "", html)


def _inline_picture(letter: Letter) -> str:
    """The HTML with its picture inside: a browser has no parts of the mail to look for it in."""
    if letter.picture is None:
        return letter.html
    content = base64.b64encode(letter.picture.content).decode()
    return letter.html.replace(f"cid:{letter.picture.name}", f"data:image/png;base64,{content}")
