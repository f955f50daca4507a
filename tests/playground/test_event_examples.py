"""The examples of the developers' console are data that the sockets accept."""

from __future__ import annotations

import json

from django.test import SimpleTestCase

from playground.contract import SOCKETS, get_contract
from playground.event_examples import build_event_examples, build_example


class EventExampleTests(SimpleTestCase):
    def test_every_event_of_every_socket_is_offered_with_data_that_it_takes(self):
        console = build_event_examples(get_contract())
        self.assertEqual(set(console), set(SOCKETS))
        for address, consumer in SOCKETS.items():
            self.assertEqual(set(console[address]["events"]), set(consumer.events))
            for event, offered in console[address]["events"].items():
                with self.subTest(event=event):
                    consumer.events[event].handled.model_validate(offered["data"])
                    self.assertEqual(offered["answered"], bool(consumer.events[event].answers))
            self.assertEqual(set(console[address]["sends"]), {message.event_name for message in consumer.sends})

    def test_examples_name_what_is_required_and_are_json(self):
        self.assertIn("moduleID", build_example(get_contract(), "getModule"))
        examples = build_event_examples(get_contract())
        self.assertEqual(json.loads(json.dumps(examples)), examples)
