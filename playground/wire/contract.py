"""Builds the AsyncAPI 3.0 document from the consumers: the events that they handle, answer and send."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from playground.wire.consumer import EventConsumer
from playground.wire.envelope import MAX_ID_LENGTH

REF_TEMPLATE = "#/components/schemas/{model}"


def build_contract(sockets: Mapping[str, type[EventConsumer]], *, title: str, version: str) -> dict[str, Any]:
    """Return the document as JSON values.

    sockets: maps an address such as `/ws/training/` to its consumer.
    """
    models = _all_models(sockets)
    keys, schemas = models_json_schema(
        [(model, mode) for model, mode in models], by_alias=True, ref_template=REF_TEMPLATE
    )
    document: dict[str, Any] = {
        "asyncapi": "3.0.0",
        "info": {
            "title": title,
            "version": version,
            "description": "Every frame is one JSON object. One with an `id` is answered by one with that `reply_to`.",
        },
        "defaultContentType": "application/json",
        "channels": {},
        "operations": {},
        "components": {"schemas": schemas.get("$defs", {}), "messages": {}},
    }
    for address, consumer in sockets.items():
        _add_socket(document, address, consumer, keys)
    return document


def _all_models(sockets: Mapping[str, type[EventConsumer]]) -> list[tuple[type[BaseModel], Any]]:
    models: dict[tuple[type[BaseModel], Any], None] = {}
    for consumer in sockets.values():
        for handler in consumer.events.values():
            models[handler.handled, "validation"] = None  # type: ignore[attr-defined]
        for message in consumer.sends:
            models[message, "serialization"] = None
    return list(models)


def _add_socket(document: dict[str, Any], address: str, consumer: type[EventConsumer], keys: Any) -> None:
    channel = address.strip("/").replace("/", "_")
    messages = document["components"]["messages"]
    channel_messages: dict[str, Any] = {}
    for event, handler in consumer.events.items():
        model = handler.handled  # type: ignore[attr-defined]
        messages[event] = _describe_message(event, model, keys[model, "validation"], "id")
        channel_messages[event] = {"$ref": f"#/components/messages/{event}"}
        document["operations"][f"{channel}_{event}"] = {
            "action": "receive",  # AsyncAPI speaks from the server's point of view
            "channel": {"$ref": f"#/channels/{channel}"},
            "messages": [{"$ref": f"#/channels/{channel}/messages/{event}"}],
            "x-staff-permissions": sorted(handler.staff),  # type: ignore[attr-defined]
            "reply": {
                "messages": [
                    {"$ref": f"#/channels/{channel}/messages/{answer.event_name}"}
                    for answer in handler.answers  # type: ignore[attr-defined]
                ]
                + [{"$ref": f"#/channels/{channel}/messages/error"}]
            },
        }
    for model in consumer.sends:
        messages[model.event_name] = _describe_message(
            model.event_name, model, keys[model, "serialization"], "reply_to"
        )
        channel_messages[model.event_name] = {"$ref": f"#/components/messages/{model.event_name}"}
    document["operations"][f"{channel}_send"] = {
        "action": "send",
        "channel": {"$ref": f"#/channels/{channel}"},
        "messages": [{"$ref": f"#/channels/{channel}/messages/{model.event_name}"} for model in consumer.sends],
    }
    document["channels"][channel] = {
        "address": address,
        "description": inspect.getdoc(consumer) or "",
        "messages": channel_messages,
    }


def _describe_message(event: str, model: type[BaseModel], data_schema: Any, id_field: str) -> dict[str, Any]:
    return {
        "name": event,
        "summary": (inspect.getdoc(model) or "").split("\n\n")[0],
        "payload": {
            "type": "object",
            "required": ["event"] if id_field == "id" else ["event", "data"],
            "additionalProperties": False,
            "properties": {
                "event": {"const": event},
                "data": data_schema,
                id_field: {"type": "string", "maxLength": MAX_ID_LENGTH},
            },
        },
    }
