"""The contract is what the consumers do, and the page and the command show it."""

from __future__ import annotations

import io
import json

from django.conf import settings
from django.core.management import call_command
from django.test import Client, SimpleTestCase, TestCase
from django.urls import reverse
from django.utils.html import escape

from playground.contract import SOCKETS, get_contract
from playground.routing import websocket_urlpatterns
from playground.wire.consumer import EventConsumer
from training.messages.runs import RunTraining
from training.problems import CODES
from training.spec import TrainingSpec
from training.trainers.estimators import ESTIMATORS
from training.trainers.networks.layers import LAYERS


def channel_of(address: str) -> str:
    return address.strip("/").replace("/", "_")


class ContractTests(SimpleTestCase):
    def test_every_socket_that_is_routed_is_in_the_contract(self):
        self.assertEqual({f"/{pattern.pattern}" for pattern in websocket_urlpatterns}, set(SOCKETS))
        self.assertEqual({channel["address"] for channel in get_contract()["channels"].values()}, set(SOCKETS))

    def test_it_lists_what_each_consumer_accepts_and_sends_and_nothing_else(self):
        contract = get_contract()
        for address, consumer in SOCKETS.items():
            channel = channel_of(address)
            received = {
                operation["messages"][0]["$ref"].rsplit("/", 1)[-1]
                for name, operation in contract["operations"].items()
                if name.startswith(channel) and operation["action"] == "receive"
            }
            self.assertEqual(received, set(consumer.events))
            sent = {
                reference["$ref"].rsplit("/", 1)[-1]
                for reference in contract["operations"][f"{channel}_send"]["messages"]
            }
            self.assertEqual(sent, {message.event_name for message in consumer.sends})
            self.assertEqual(set(contract["channels"][channel]["messages"]), received | sent)

    def test_every_answer_that_a_handler_announces_is_one_that_its_consumer_sends(self):
        for consumer in SOCKETS.values():
            self.assertTrue(issubclass(consumer, EventConsumer))
            for handler in consumer.events.values():
                self.assertLessEqual(set(handler.answers), set(consumer.sends))

    def test_the_types_of_the_browser_are_those_of_the_contract(self):
        written = io.StringIO()
        call_command("browser_types", stdout=written)
        kept = settings.BASE_DIR / "playground/static/playground/wire/types.d.ts"
        self.assertEqual(kept.read_text(), written.getvalue(), "python manage.py browser_types > ./" + str(kept))

    def test_the_fields_of_a_training_are_those_of_the_spec(self):
        contract = get_contract()
        schema = contract["components"]["messages"]["runTraining"]["payload"]["properties"]["data"]
        schema = contract["components"]["schemas"][schema["$ref"].rsplit("/", 1)[-1]]
        self.assertEqual(set(schema["properties"]), set(TrainingSpec.model_fields))
        self.assertEqual(set(RunTraining.model_fields), set(TrainingSpec.model_fields))
        self.assertIs(schema["additionalProperties"], False)

    def test_it_describes_every_layer_and_estimator_with_its_arguments(self):
        for name, registry in (("Layer", LAYERS), ("Estimator", ESTIMATORS)):
            entries = {entry["title"]: entry for entry in get_contract()["components"]["schemas"][name]["oneOf"]}
            self.assertEqual(set(entries), set(registry))
            for title, entry in entries.items():
                with self.subTest(entry=title):
                    arguments = registry[title].arguments
                    key, *described = entry["properties"]
                    self.assertEqual(entry["properties"][key], {"const": title})
                    self.assertEqual(described, [argument.name for argument in arguments])
                    required = [argument.name for argument in arguments if argument.required]
                    self.assertEqual(entry["required"], [key, *required])

    def test_arguments_have_their_types_and_bounds(self):
        layers = {
            entry["title"]: entry["properties"] for entry in get_contract()["components"]["schemas"]["Layer"]["oneOf"]
        }
        kernel, stride = layers["MaxPool2d"]["kernel_size"], layers["MaxPool2d"]["stride"]
        side = {"type": "integer", "minimum": 1, "maximum": 64}
        self.assertEqual(kernel["anyOf"], [side, {"type": "array", "items": side, "minItems": 2, "maxItems": 2}])
        self.assertEqual(stride["anyOf"], [*kernel["anyOf"], {"type": "null"}])
        self.assertEqual(layers["Dropout"]["p"]["default"], 0.5)
        self.assertEqual(layers["Softmax"]["dim"]["enum"], [-1, 1])

    def test_accuracy_has_the_name_that_it_has_on_the_wire(self):
        self.assertIn("val/test acc", get_contract()["components"]["schemas"]["EpochRow"]["properties"])

    def test_every_reference_leads_somewhere(self):
        contract = get_contract()
        text = json.dumps(contract)
        references = {part.split('"')[0] for part in text.split('"$ref": "#/')[1:]}
        self.assertTrue(references)
        for reference in references:
            target = contract
            for step in reference.split("/"):
                self.assertIn(step, target, reference)
                target = target[step]

    def test_the_command_prints_it(self):
        out = io.StringIO()
        call_command("asyncapi", stdout=out)
        self.assertEqual(json.loads(out.getvalue()), get_contract())
        self.assertEqual(get_contract()["asyncapi"], "3.0.0")


class ContractPageTests(TestCase):
    def test_it_is_served_as_json_and_readable(self):
        client = Client(headers={"host": "localhost"})
        self.assertEqual(client.get("/asyncapi.json").json(), get_contract())
        page = client.get(reverse("developers"))
        for event in ("runTraining", "trainingProgress", "frontendLog", "heartbeat"):
            self.assertContains(page, event)

    def test_the_page_shows_every_layer_and_every_code(self):
        page = Client(headers={"host": "localhost"}).get(reverse("developers"))
        for name in LAYERS:
            self.assertContains(page, f"<code>{name}</code>")
        for code, entry in CODES.items():
            row = f"<tr><td><code>{code}</code></td><td>{entry.level}</td><td>{escape(entry.meaning)}</td></tr>"
            self.assertContains(page, row, html=True)
