"""Lists and objects of a message are refused by their length, before a validator looks at their items."""

from __future__ import annotations

from typing import Annotated, Any

from django.test import SimpleTestCase
from pydantic import BeforeValidator, Field

from playground.wire.bounds import MAX_ITEMS, MaxItems
from playground.wire.envelope import ClientMessage
from playground.wire.errors import InvalidData


def never(value: Any) -> Any:
    raise RuntimeError("an item was looked at")


Item = Annotated[str, BeforeValidator(never)]


class Message(ClientMessage):
    event_name = "message"

    names: tuple[Item, ...] = Field(default=(), max_length=3)
    values: dict[str, Item] = {}
    rows: Annotated[tuple[Item, ...] | None, MaxItems(MAX_ITEMS + 5)] = Field(default=None, validation_alias="lines")


class BoundsTests(SimpleTestCase):
    def test_a_list_is_refused_before_its_items_are_looked_at(self):
        for field, value in (
            ("names", ["x"] * 4),
            ("values", {str(number): "x" for number in range(MAX_ITEMS + 1)}),
            ("lines", ["x"] * (MAX_ITEMS + 6)),
        ):
            with self.assertRaises(InvalidData) as caught:
                Message.model_validate({field: value})
            self.assertEqual((caught.exception.data.where, bool(caught.exception.data.hint)), (field, True))

    def test_what_is_within_the_bounds_is_looked_at(self):
        for fields in ({"names": ["x"] * 3}, {"values": {"a": "x"}}, {"lines": ["x"] * (MAX_ITEMS + 5)}):
            with self.assertRaises(RuntimeError):
                Message.model_validate(fields)

    def test_a_message_of_too_many_fields_is_refused(self):
        with self.assertRaises(InvalidData):
            Message.model_validate({str(number): 1 for number in range(MAX_ITEMS + 1)})
