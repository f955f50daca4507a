"""A Django e-mail with text, HTML, a picture inside the HTML, and files; every e-mail backend can send one."""

from __future__ import annotations

from email.message import Message
from email.mime.image import MIMEImage
from uuid import uuid4

from django.core.mail import EmailMultiAlternatives
from django.core.mail.message import SafeMIMEMultipart, SafeMIMEText

from notifications.files import File

BINARY = "application/octet-stream"  # for text, too: then no road changes a byte of it


class Letter(EmailMultiAlternatives):
    """`html` refers to the picture as `cid:` and its name. `unsubscribe` is a link, where there is one."""

    def __init__(
        self,
        *,
        recipient: str,
        message_id: str,
        subject: str,
        body: str,
        html: str,
        picture: File | None,
        unsubscribe: str = "",
    ) -> None:
        # RFC 3834: out-of-office notices are not sent to mail that nobody typed.
        # Amazon SES replaces the Message-ID; by ours, copies can be recognised there, too.
        headers = {"Message-ID": message_id, "X-Message-ID": message_id, "Auto-Submitted": "auto-generated"}
        if unsubscribe:
            headers["List-Unsubscribe"] = f"<{unsubscribe}>"
        if unsubscribe.startswith("https:"):  # without it, RFC 8058 has no one-click
            headers["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
        super().__init__(subject=subject, body=body, to=[recipient], headers=headers)
        self.html = html
        self.picture = picture

    def attach_files(self, files: tuple[File, ...]) -> None:
        for file in files:
            self.attach(file.name, file.content, "image/png" if file.name.endswith(".png") else BINARY)

    def message(self) -> Message:  # type: ignore[override]
        finished = super().message()
        for part in finished.walk():
            if part.is_multipart():
                # Or else the generator draws one and searches the whole text for it, level by level.
                part.set_boundary(f"={uuid4().hex}=")
        return finished

    def _create_alternatives(self, msg: SafeMIMEText) -> SafeMIMEMultipart:
        """text | (html + picture): RFC 2387's `related`, inside the alternative that needs it."""
        encoding = self.encoding or "utf-8"
        alternatives = SafeMIMEMultipart(_subtype="alternative", encoding=encoding)
        alternatives.attach(msg)
        html = SafeMIMEText(self.html, "html", encoding)
        if self.picture is None:
            alternatives.attach(html)
            return alternatives
        related = SafeMIMEMultipart(_subtype="related", encoding=encoding)
        related.attach(html)
        image = MIMEImage(self.picture.content, "png")
        image.add_header("Content-ID", f"<{self.picture.name}>")
        image.add_header("Content-Disposition", "inline", filename=self.picture.name)
        related.attach(image)
        alternatives.attach(related)
        return alternatives
