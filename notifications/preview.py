"""A message as its recipient sees it, for the admin's page: text, and the HTML in a frame that can do nothing."""

from __future__ import annotations

import base64

from django.utils.html import escape, format_html
from django.utils.safestring import SafeString

from notifications.compose import compose
from notifications.files import FilesPending
from notifications.letter import Letter
from notifications.models import EmailMessage
from playground.wire.errors import PlaygroundError

TEXT_STYLE = "white-space: pre-wrap; max-width: 60rem"
FRAME_STYLE = "width: 100%; min-width: 40rem; height: 30rem; border: 1px solid var(--hairline-color); background: #fff"


def show(message: EmailMessage) -> str | SafeString:
    try:
        letter = compose(message)
    except FilesPending:
        return "It waits for files that are being built."
    except PlaygroundError as error:
        return f"It cannot be written: {error.message}"
    # What templates have rendered counts as safe and would stand in the admin's page unescaped: `escape` asks nothing.
    return format_html(
        '<p>{}</p><pre style="{}">{}</pre><iframe sandbox="" title="The HTML part" srcdoc="{}" style="{}"></iframe>',
        letter.subject, TEXT_STYLE, escape(letter.body), escape(_inline_picture(letter)), FRAME_STYLE,
    )  # fmt: skip


def _inline_picture(letter: Letter) -> str:
    """The HTML with its picture inside: a browser has no parts of the mail to look for it in."""
    if letter.picture is None:
        return letter.html
    content = base64.b64encode(letter.picture.content).decode()
    return letter.html.replace(f"cid:{letter.picture.name}", f"data:image/png;base64,{content}")
