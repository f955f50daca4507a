"""Write the contract of the sockets as TypeScript declarations, against which the browser's modules are checked."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

HEAD = """\
/* The messages of the sockets. Written by `python manage.py browser_types` from the contract: do not edit.

   `Sent` and `Handled` give the data of each event that the server sends and handles. `Answers` gives the data of the
   event that answers a request. */

export type JsonValue = any;
"""
PREFIX = "#/components/schemas/"
OPEN = {"JsonValue"}  # any JSON
BASIC = {"string": "string", "integer": "number", "number": "number", "boolean": "boolean", "null": "null"}
CALLS = {"Layer": "layer", "Estimator": "estimator"}  # the object form of a registry's entry: name and arguments


def write_types(contract: dict[str, Any]) -> str:
    """Return the text of `wire/types.d.ts`.

    A field of an event that the server sends is always there. A field with a default may be left out of an event that
    the server handles.
    """
    schemas = contract["components"]["schemas"]
    incoming = _find_incoming(contract)
    parts = [HEAD]
    for name in sorted(schemas):
        if name in CALLS:
            fields = f"  {CALLS[name]}: string;\n  [argument: string]: JsonValue;\n"
            parts.append(f"export interface {name} {{\n{fields}}}\n")
        elif schemas[name].get("additionalProperties") and "properties" not in schemas[name]:
            parts.append(f"export type {name} = Record<string, any>;\n")
        elif name not in OPEN:
            parts.append(_declare(name, schemas[name], may_omit=name in incoming))
    parts.extend(_write_events(contract))
    return "\n".join(parts)


def _find_incoming(contract: dict[str, Any]) -> set[str]:
    """Return the names of the schemas that handled events contain, directly or through other schemas."""
    waiting = [f"{PREFIX}{_data_name(contract, event)}" for event in _list_handled(contract)]
    found: set[str] = set()
    while waiting:
        name = waiting.pop().removeprefix(PREFIX)
        if name not in found:
            found.add(name)
            waiting.extend(_list_references(contract["components"]["schemas"][name]))
    return found


def _list_references(schema: Any) -> Iterator[str]:
    if isinstance(schema, dict):
        if "$ref" in schema:
            yield schema["$ref"]
        for value in schema.values():
            yield from _list_references(value)
    elif isinstance(schema, list):
        for value in schema:
            yield from _list_references(value)


def _list_handled(contract: dict[str, Any]) -> list[str]:
    receiving = [each for each in contract["operations"].values() if each["action"] == "receive"]
    return sorted({_last(each["messages"][0]["$ref"]) for each in receiving})


def _write_events(contract: dict[str, Any]) -> Iterator[str]:
    handled = _list_handled(contract)
    sent = sorted(set(contract["components"]["messages"]) - set(handled))
    answers = {}
    for operation in contract["operations"].values():
        if operation["action"] == "receive":
            first = _last(operation["reply"]["messages"][0]["$ref"])
            event = _last(operation["messages"][0]["$ref"])
            answers[event] = "void" if first == "error" else _data_name(contract, first)
    yield _write_map("Sent", {event: _data_name(contract, event) for event in sent})
    yield _write_map("Handled", {event: _data_name(contract, event) for event in handled})
    yield _write_map("Answers", dict(sorted(answers.items())))


def _write_map(name: str, types: dict[str, str]) -> str:
    lines = [f"  {event}: {type_};" for event, type_ in types.items()]
    return "\n".join([f"export interface {name} {{", *lines, "}\n"])


def _data_name(contract: dict[str, Any], event: str) -> str:
    return _last(contract["components"]["messages"][event]["payload"]["properties"]["data"]["$ref"])


def _declare(name: str, schema: dict[str, Any], *, may_omit: bool) -> str:
    if "properties" not in schema:
        return f"export type {name} = {_write(schema)};\n"
    required = set(schema.get("required", ()))
    lines = []
    for field, described in schema.get("properties", {}).items():
        mark = "?" if may_omit and field not in required else ""
        key = field if field.isidentifier() else json.dumps(field)
        lines.append(f"  {key}{mark}: {_write(described)};")
    return "\n".join([f"export interface {name} {{", *lines, "}\n"])


def _write(schema: dict[str, Any]) -> str:
    """Return the TypeScript type of a JSON schema."""
    if "$ref" in schema:
        return _last(schema["$ref"])
    if "const" in schema:
        return json.dumps(schema["const"])
    if "enum" in schema:
        return " | ".join(json.dumps(value) for value in schema["enum"])
    for several in ("anyOf", "oneOf"):
        if several in schema:
            return " | ".join(dict.fromkeys(_write(each) for each in schema[several]))
    kind = schema.get("type")
    if kind == "array":
        if "prefixItems" in schema:
            return f"[{', '.join(_write(each) for each in schema['prefixItems'])}]"
        return f"Array<{_write(schema['items'])}>" if "items" in schema else "JsonValue[]"
    if kind == "object":
        values = schema.get("additionalProperties", True)
        return f"Record<string, {_write(values) if isinstance(values, dict) else 'any'}>"
    return BASIC.get(str(kind), "JsonValue")


def _last(reference: str) -> str:
    return reference.rsplit("/", 1)[-1]
