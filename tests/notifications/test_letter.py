"""The mail about a real run: its text, its attachments, and what happens if files are late, large or deleted."""

from __future__ import annotations

from email import message_from_bytes, policy
from email.message import EmailMessage as Mime
from unittest.mock import patch
from uuid import UUID, uuid4

import onnxruntime
from django.core import mail as django_mail
from django.core.files.storage import default_storage
from django.test import override_settings

from notifications.delivery import deliver_due
from notifications.exceptions import AttachmentNotFound, AttachmentRefused, NothingToSend, RunNotOver
from notifications.models import EmailMessage, MailStatus
from notifications.submission import submit
from tests.notifications.cases import OVER
from tests.training.cases import (
    ALICE,
    BOB,
    WARM_UP,
    EngineTestCase,
    create_run,
    wait_until,
    wait_until_files,
    wait_until_over,
)
from training import runs
from training.exceptions import RunNotFound
from training.models import Artifact, Building, TrainingRun

PLOTS = ["loss.png", "accuracy.png", "confusion_matrix.png", "roc.png"]
ADDRESS = "ada@example.org"
PNG = b"\x89PNG\r\n\x1a\n"


def send(run_id: UUID, **fields) -> Mime:
    """The letter as its recipient reads it, once it is delivered."""
    return read(wait_until_sent(submit(ALICE, recipient=ADDRESS, run_id=run_id, **fields)))


def wait_until_sent(message: EmailMessage) -> EmailMessage:
    def is_over() -> bool:
        deliver_due()
        message.refresh_from_db()
        return message.status in OVER

    wait_until(is_over, "the letter to be delivered")
    assert message.status == MailStatus.SENT, message.last_error
    return message


def read(message: EmailMessage) -> Mime:
    (sent,) = [each for each in django_mail.outbox if each.extra_headers["Message-ID"] == message.message_id]
    return message_from_bytes(sent.message().as_bytes(), policy=policy.default)  # type: ignore[return-value]


def text_of(letter: Mime, kind: str = "plain") -> str:
    body = letter.get_body((kind,))
    assert body is not None
    content: str = body.get_content()
    return content


def attachments_of(letter: Mime) -> dict[str, bytes]:
    return {str(part.get_filename()): part.get_payload(decode=True) for part in letter.iter_attachments()}


class LetterTests(EngineTestCase):
    def test_a_letter_says_what_was_trained_on_what_beside_the_baseline_with_its_curve_and_files(self):
        run_id = create_run(epochs=20, custom_model_name="<b>First</b> try")
        wait_until_files(run_id)
        letter = send(run_id)
        headline = runs.read_result(run_id).auxiliary_outputs.headline
        score, baseline = (f"{value:.1%}" for value in (headline.value, headline.baseline))
        self.assertEqual(letter["Subject"], f"<b>First</b> try on IRIS: Accuracy {score}")
        for kind in ("plain", "html"):
            text = text_of(letter, kind)
            for expected in ("IRIS", "default network", score, baseline, f"http://localhost:8000/runs/{run_id}/"):
                self.assertIn(expected, text)
        html = text_of(letter, "html")
        self.assertIn("&lt;b&gt;First&lt;/b&gt; try", html)
        self.assertNotIn("<b>First", html)
        (picture,) = [part for part in letter.walk() if part["Content-ID"]]
        self.assertIn(f'src="cid:{picture["Content-ID"].strip("<>")}"', html)
        self.assertEqual(picture.get_content_disposition(), "inline")
        self.assertTrue(picture.get_payload(decode=True).startswith(PNG))
        self.assertEqual(list(attachments_of(letter)), ["model.pt", "model.onnx", *PLOTS])
        for name, content in attachments_of(letter).items():
            self.assertEqual(content, Artifact.objects.get(run_id=run_id, name=name).file.open().read())

    def test_words_of_the_sender_take_the_place_of_ours(self):
        run_id = create_run(epochs=2)
        wait_until_over(run_id)
        letter = send(run_id, subject="Look, Mum", body_text="I <trained> this.\n\nMyself.", names=["loss.png"])
        self.assertEqual(letter["Subject"], "Look, Mum")
        self.assertTrue(text_of(letter).startswith("I <trained> this.\n\nMyself.\n"))
        self.assertIn("<p>I &lt;trained&gt; this.</p>", text_of(letter, "html"))
        self.assertEqual(list(attachments_of(letter)), ["loss.png"])

    def test_files_that_are_not_built_yet_are_awaited_for_a_while_and_then_linked_to(self):
        run_id = create_run(epochs=2)
        wait_until_files(run_id)
        self.engine.stop()
        Artifact.objects.filter(run_id=run_id, name="model.onnx").delete()
        TrainingRun.objects.filter(pk=run_id).update(building=Building.WANTED)
        with patch("notifications.letter.MAX_FILES_WAIT", 0):
            impatient = send(run_id, names=["model.pt", "model.onnx"])
        self.assertEqual(list(attachments_of(impatient)), ["model.pt"])
        for kind in ("plain", "html"):
            self.assertIn(f"http://localhost:8000/runs/{run_id}/artifacts/model.onnx", text_of(impatient, kind))
        message = submit(ALICE, recipient=ADDRESS, run_id=run_id, names=["model.pt", "model.onnx"])
        self.assertEqual(deliver_due(), 1)
        message.refresh_from_db()
        self.assertEqual((message.status, message.attempts), (MailStatus.QUEUED, 0))
        self.engine.start()
        self.assertTrue(self.engine.pool.wait_until_warm(WARM_UP))
        letter = read(wait_until_sent(message))
        onnxruntime.InferenceSession(attachments_of(letter)["model.onnx"])
        self.assertEqual(message.attempts, 1)

    def test_what_does_not_fit_is_linked_to(self):
        run_id = create_run(epochs=2)
        wait_until_files(run_id)
        sizes = dict(Artifact.objects.filter(run_id=run_id).values_list("name", "size"))
        room = sizes["loss.png"] + sizes["accuracy.png"] + sizes["model.pt"]
        with override_settings(EMAIL_MAX_ATTACHMENT_BYTES=room, PUBLIC_URL="https://lab.example.org"):
            letter = send(run_id, names=["model.pt", "accuracy.png", "roc.png"])
        self.assertEqual(list(attachments_of(letter)), ["model.pt", "accuracy.png"])
        for kind in ("plain", "html"):
            self.assertIn(f"https://lab.example.org/runs/{run_id}/artifacts/roc.png", text_of(letter, kind))
        with override_settings(EMAIL_MAX_ATTACHMENT_BYTES=10):
            letter = send(run_id)
        self.assertEqual(attachments_of(letter), {})
        self.assertEqual(text_of(letter).count("/artifacts/"), 6)

    def test_a_file_that_the_storage_lost_is_named_and_the_letter_goes_all_the_same(self):
        run_id = create_run(epochs=2)
        wait_until_files(run_id)
        default_storage.delete(Artifact.objects.get(run_id=run_id, name="roc.png").file.name)
        letter = send(run_id, names=["model.pt", "roc.png"])
        self.assertEqual(list(attachments_of(letter)), ["model.pt"])
        self.assertIn("These files could not be created: roc.png", text_of(letter))

    def test_a_failed_run_is_reported_with_advice_and_without_files(self):
        run_id = create_run(default="DIABETES", optimizer_name="SGD", learning_rate=900)
        wait_until_over(run_id)
        letter = send(run_id)
        self.assertIn("failed", letter["Subject"])
        self.assertIn("learning rate", text_of(letter))
        self.assertEqual(attachments_of(letter), {})

    def test_a_regression_is_told_by_r2(self):
        run_id = create_run(default="DIABETES", user_model="LinearRegression()")
        wait_until_files(run_id)
        letter = send(run_id)
        self.assertIn("R² on the test rows: 0.", text_of(letter))
        self.assertEqual(list(attachments_of(letter)), ["model.skops", "model.onnx", "residuals.png"])
        self.assertFalse([part for part in letter.walk() if part["Content-ID"]], "it has no curve")

    def test_what_may_not_be_attached_is_refused_by_name_and_nothing_is_stored(self):
        run_id, others = create_run(epochs=2), create_run(BOB, epochs=2)
        wait_until_over(run_id)
        wait_until_over(others)
        cases = [
            (AttachmentRefused, {"run_id": run_id, "names": ["../model.pt"]}, "model.pt"),
            (AttachmentRefused, {"run_id": run_id, "names": ["loss.png", "/etc/passwd"]}, "/etc/passwd"),
            (AttachmentRefused, {"run_id": run_id, "names": [f"{others}/model.pt"]}, "model.pt"),
            (AttachmentNotFound, {"run_id": run_id, "names": ["residuals.png"]}, "residuals.png"),
            (AttachmentNotFound, {"run_id": run_id, "names": ["preparation.skops"]}, "preparation.skops"),
            (AttachmentRefused, {"names": ["model.pt"], "body_text": "x"}, "run_id"),
            (RunNotFound, {"run_id": others, "names": ["model.pt"]}, "run"),
            (RunNotFound, {"run_id": uuid4()}, "run"),
            (NothingToSend, {}, "nothing"),
        ]
        for error, fields, named in cases:
            with self.subTest(fields=fields), self.assertRaises(error) as caught:
                submit(ALICE, recipient=ADDRESS, **fields)
            self.assertIn(named, caught.exception.message)
            self.assertTrue(caught.exception.data.hint)
        self.assertEqual(EmailMessage.objects.count(), 0)

    def test_a_run_that_is_not_over_has_no_letter_yet(self):
        run_id = create_run(epochs=10_000, batch_size=1)
        with self.assertRaises(RunNotOver):
            submit(ALICE, recipient=ADDRESS, run_id=run_id)
        runs.request_cancel(run_id)
        wait_until_over(run_id)

    def test_a_run_that_is_deleted_before_the_delivery_fails_its_letter_at_once(self):
        run_id = create_run(epochs=2)
        wait_until_over(run_id)
        message = submit(ALICE, recipient=ADDRESS, run_id=run_id)
        TrainingRun.objects.filter(pk=run_id).delete()
        with self.assertLogs("notifications.delivery", "WARNING"):
            deliver_due()
        message.refresh_from_db()
        self.assertEqual((message.status, message.attempts), (MailStatus.FAILED, 1))
