"""The function behind the API Gateway, alone: what it takes, what it refuses, what it answers."""

from __future__ import annotations

import ast
import base64
import json
import subprocess
import sys
from typing import Any
from unittest import TestCase
from urllib.parse import urlencode

from notifications.lambda_function import lambda_handler
from tests.notifications.amazon import make_event, serving_ses
from tests.server import ROOT

SOURCE = ROOT / "notifications/lambda_function.py"
QUERY = {"recipient": "ada@example.org", "subject": "Hi", "body_text": "There"}
PNG = b"\x89PNG\r\n\x1a\n"

REFUSED: dict[str, dict[str, Any]] = {
    "no recipient": {"recipient": ""},
    "two recipients": {"recipient": "ada@example.org,bob@example.org"},
    "a name around the address": {"recipient": "Ada <ada@example.org>"},
    "a header in the recipient": {"recipient": "ada@example.org\r\nBcc: bob@example.org"},
    "no domain": {"recipient": "ada"},
    "a header in the subject": {"subject": "Hi\r\nBcc: bob@example.org"},
    "a long subject": {"subject": "x" * 501},
    "no JSON": {"body": b"{"},
    "no object": {"body": b"[]"},
    "no lists": {"body": b'{"attachment_array": "x", "file_names": "y"}'},
    "a name too few": {"body": b'{"attachment_array": ["eA=="], "file_names": []}'},
    "no base64": {"body": b'{"attachment_array": ["!"], "file_names": ["a"]}'},
    "a number for a file": {"body": b'{"attachment_array": [1], "file_names": ["a"]}'},
    "a number for a name": {"body": b'{"attachment_array": ["eA=="], "file_names": [1]}'},
    "a path": {"body": b'{"attachment_array": ["eA=="], "file_names": ["../a"]}'},
    "a line break in a name": {"body": b'{"attachment_array": ["eA=="], "file_names": ["a\\nb"]}'},
}


def call(version: int, body: bytes = b"{}", **query: str) -> tuple[int, dict[str, Any]]:
    answer = lambda_handler(make_event(version, urlencode({**QUERY, **query}), {}, body), None)
    return answer["statusCode"], json.loads(answer["body"])


class LambdaTests(TestCase):
    def test_a_letter_with_files_is_sent(self):
        files = {"loss.png": PNG, "model.onnx": bytes(range(256))}
        body = {
            "attachment_array": [base64.b64encode(content).decode() for content in files.values()],
            "file_names": list(files),
        }
        for version in (1, 2):
            with self.subTest(version=version), serving_ses() as ses:
                status, answer = call(version, json.dumps(body).encode())
                self.assertEqual((status, answer["success"]), (200, True))
                self.assertTrue(answer["message_id"])
                (received,) = ses.received
                self.assertEqual(received.get_body().get_content().strip(), "There")
                attached = {part.get_filename(): part.get_payload(decode=True) for part in received.iter_attachments()}
                self.assertEqual(attached, files)

    def test_what_is_wrong_with_a_request_is_said_and_nothing_is_sent(self):
        with serving_ses() as ses:
            for version in (1, 2):
                for name, fields in REFUSED.items():
                    with self.subTest(name, version=version):
                        status, answer = call(version, **fields)
                        self.assertEqual((status, answer["success"]), (400, False))
                        self.assertTrue(answer["message"])
            self.assertEqual(ses.received, [])

    def test_a_request_without_anything_is_refused(self):
        event = {"version": "2.0", "headers": None, "queryStringParameters": None, "body": None}
        self.assertEqual(lambda_handler(event, None)["statusCode"], 400)

    def test_what_ses_rejects_is_refused(self):
        with serving_ses(verified=False), self.assertLogs("notifications.lambda_function", "WARNING"):
            status, answer = call(2)
        self.assertEqual((status, answer["message"]), (400, "SES: MessageRejected"))

    def test_it_needs_boto3_and_the_standard_library_alone(self):
        imported = {
            (node.names[0].name if isinstance(node, ast.Import) else node.module or "").split(".")[0]
            for node in ast.walk(ast.parse(SOURCE.read_text()))
            if isinstance(node, (ast.Import, ast.ImportFrom))
        }
        self.assertEqual(imported - set(sys.stdlib_module_names), {"boto3"})

    def test_it_is_imported_alone_from_a_folder_of_its_own(self):
        look = f"import sys; sys.path.insert(0, {str(SOURCE.parent)!r})"
        script = f"{look}; import lambda_function; print('django' in sys.modules)"
        done = subprocess.run([sys.executable, "-I", "-c", script], capture_output=True, text=True, timeout=60)
        self.assertEqual(done.stdout.strip(), "False", done.stderr)
