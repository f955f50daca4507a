"""The whole way of a mail: a frame, the queue, the gateway, the function, SES, and the model in the message."""

from __future__ import annotations

import io

import numpy as np
import onnxruntime
import torch
from asgiref.sync import async_to_sync

from notifications.models import EmailMessage, MailStatus
from playground.routing import build_application
from tests.notifications.amazon import Gateway, serving_ses
from tests.notifications.cases import delivering
from tests.notifications.people import create_user, visit_as
from tests.sockets import open_socket
from tests.training.cases import EngineTestCase, create_run, wait_until_over

ROW = {"sepal length (cm)": 5.1, "sepal width (cm)": 3.5, "petal length (cm)": 1.4, "petal width (cm)": 0.2}
"""A setosa, the first row of the table."""


class ChainTests(EngineTestCase):
    def test_a_frame_ends_as_a_mail_whose_model_says_what_the_run_said(self):
        learner = create_user(confirmed="ada@example.org")
        client = visit_as(learner)
        run_id = create_run(learner, epochs=60, seed=1)
        wait_until_over(run_id)

        @async_to_sync
        async def send() -> tuple[dict, dict]:
            async with open_socket(build_application(), "/ws/notifications/", client=client) as socket:
                result = await socket.ask(
                    "sendEmail",
                    email_address="ada@example.org",
                    subject="My irises",
                    body_text="Here they are.",
                    run_id=str(run_id),
                    attachment_array=["model.onnx", "model.pt", "loss.png"],
                )
                return result, (await socket.receive_until("emailDelivered", "emailFailed"))[-1]

        with serving_ses() as ses, Gateway(plan=[500, 500], key="k") as gateway, delivering(**gateway.settings):
            result, fate = send()
            (received,) = ses.received
        self.assertEqual((result["event"], result["data"]["success"]), ("emailResult", True))
        self.assertEqual(fate["event"], "emailDelivered")
        message = EmailMessage.objects.get(run_id=run_id)
        self.assertEqual((message.status, message.attempts), (MailStatus.SENT, 3))
        self.assertEqual(gateway.answers, [500, 500, 200])

        self.assertEqual((received["To"], received["Subject"]), ("ada@example.org", "My irises"))
        self.assertTrue(received.get_body(("plain",)).get_content().startswith("Here they are.\n"))
        files = {part.get_filename(): part.get_payload(decode=True) for part in received.iter_attachments()}
        self.assertEqual(set(files), {"model.onnx", "model.pt", "loss.png"})
        self.assertTrue(files["loss.png"].startswith(b"\x89PNG"))
        weights = torch.load(io.BytesIO(files["model.pt"]), weights_only=True)
        self.assertTrue(all(isinstance(tensor, torch.Tensor) for tensor in weights.values()))
        model = onnxruntime.InferenceSession(files["model.onnx"])
        row = {name: np.array([[value]], dtype=np.float64) for name, value in ROW.items()}
        self.assertEqual({each.name for each in model.get_inputs()}, set(ROW))
        self.assertEqual(model.run(None, row)[0].ravel().tolist(), ["setosa"])
