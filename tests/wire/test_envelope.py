"""Frames: what is refused, with which words, and what comes through."""

from __future__ import annotations

import json
import math
import random
import string

from django.test import SimpleTestCase

from playground.wire.envelope import MAX_DEPTH, dump, encode, parse_frame
from playground.wire.errors import PlaygroundError
from training.messages.events import TrainingProgress


def parse(text: str, max_bytes: int = 10_000):
    return parse_frame(text, max_bytes=max_bytes)


class ParseFrameTests(SimpleTestCase):
    def assert_refused(self, text: str, code: str, **limits: int) -> PlaygroundError:
        with self.assertRaises(PlaygroundError) as caught:
            parse(text, **limits)
        self.assertEqual(caught.exception.data.code, code)
        self.assertTrue(caught.exception.data.hint)
        return caught.exception

    def test_a_whole_frame_comes_through(self):
        frame = parse('{"event": "runTraining", "data": {"epochs": 3}, "id": "7"}')
        self.assertEqual((frame.event, frame.data, frame.id), ("runTraining", {"epochs": 3}, "7"))

    def test_data_and_id_may_be_left_out(self):
        frame = parse('{"event": "listDatasets"}')
        self.assertEqual((frame.data, frame.id), ({}, None))

    def test_malformed_frames_are_refused(self):
        for text in (
            "", " ", "nonsense", "[1]", '"text"', "null", "1e999999", '{"event": 3}', '{"event": ""}', "{}",
            '{"event": "x", "data": []}', '{"event": "x", "id": 7}', '{"event": "x", "id": "' + "i" * 65 + '"}',
            '{"event": "x"', '{"event": "x"} trailing', '{"event": "x", "data": {"lr": NaN}}',
            '{"event": "x", "data": {"lr": -Infinity}}', "\ud800", "\x00", '{"event": "x", "token": 1}',
        ):  # fmt: skip
            with self.subTest(text=text[:40]):
                self.assert_refused(text, "bad_frame")

    def test_an_unknown_field_is_named(self):
        self.assertEqual(self.assert_refused('{"event": "x", "tokn": 1}', "bad_frame").data.where, "tokn")

    def test_the_size_limit_counts_bytes_not_characters(self):
        text = json.dumps({"event": "x", "data": {"text": "é" * 60}}, ensure_ascii=False)
        self.assertLess(len(text), 110)
        self.assertEqual(parse(text, max_bytes=len(text.encode())).event, "x")
        self.assert_refused(text, "frame_too_large", max_bytes=len(text.encode()) - 1)

    def test_deep_nesting_is_refused_however_deep(self):
        def nested(levels: int) -> str:
            return '{"event": "x", "data": {"a": ' + "[" * levels + "]" * levels + "}}"

        self.assertEqual(parse(nested(MAX_DEPTH - 3)).event, "x")
        for levels in (MAX_DEPTH, 1_000, 100_000):
            with self.subTest(levels=levels):
                self.assert_refused(nested(levels), "bad_frame", max_bytes=1_000_000)

    def test_random_text_never_raises_anything_else(self):
        source = random.Random(1)
        alphabet = string.printable + '{}[]",:\\u' * 20
        for _ in range(2_000):
            text = "".join(source.choices(alphabet, k=source.randint(0, 80)))
            try:
                parse(text)
            except PlaygroundError:
                continue
            self.assertIsInstance(json.loads(text), dict)


class EncodeTests(SimpleTestCase):
    def test_numbers_that_json_lacks_become_null(self):
        message = TrainingProgress.model_validate(
            {
                "run_id": "00000000-0000-0000-0000-000000000001",
                "progress": 50,
                "epochs": [{"epoch": 1, "train_time": 0.1, "train_loss": math.nan, "test_loss": math.inf}],
            }
        )
        row = dump(message)["epochs"][0]
        self.assertIsNone(row["train_loss"])
        self.assertIsNone(row["test_loss"])
        self.assertIn("val/test acc", row)

    def test_reply_to_is_there_only_in_answers(self):
        self.assertEqual(json.loads(encode("x", {})), {"event": "x", "data": {}})
        self.assertEqual(json.loads(encode("x", {}, "7"))["reply_to"], "7")
