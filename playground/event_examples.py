"""Examples of every event, for the developers' console. They are built from the contract of the sockets."""

from __future__ import annotations

from typing import Any

NO_RUN = "00000000-0000-0000-0000-000000000000"  # the console replaces it by the latest run that it has seen
FIELDS: dict[str, Any] = {
    "run_id": NO_RUN,
    "moduleID": "loss-and-gradient-descent",
    "sectionID": "how-wrong",
    "questionID": "mse-by-hand",
    "answer": "4.67",
    "email_address": "me@example.org",
    "spec": {"default": "IRIS", "epochs": 50},
    "vary": {"learning_rate": [0.001, 0.01, 0.1], "seed": [0, 1, 2, 3, 4]},
}
"""Values of required fields whose type alone says too little."""
EVENTS: dict[str, dict[str, Any]] = {
    "runTraining": {
        "default": "IRIS",
        "epochs": 20,
        "user_arch": ["nn.Linear(4, 10)", "nn.ReLU()", "nn.Linear(10, 3)"],
    },
    "checkTraining": {"default": "IRIS", "user_model": "RandomForestClassifier(max_depth=3)"},
    "describeDataset": {"default": "WINE"},
    "predict": {"run_id": NO_RUN, "rows": [{"sepal length (cm)": 5.1, "petal length (cm)": 1.4}]},
    "updateUserSettings": {"theme": "dark"},
}
"""Events for which the required fields make a poor example."""


def build_event_examples(contract: dict[str, Any]) -> dict[str, Any]:
    """Return `{address: {events: {name: {data, answered}}, sends: [name]}}` as JSON values."""
    console = {}
    for name, channel in contract["channels"].items():
        operations = [each for key, each in contract["operations"].items() if key.startswith(f"{name}_")]
        console[channel["address"]] = {
            "events": {
                _name(message): {
                    "data": build_example(contract, _name(message)),
                    "answered": len(operation["reply"]["messages"]) > 1,  # besides the error
                }
                for operation in sorted(operations, key=_is_plain)
                if operation["action"] == "receive"
                for message in operation["messages"]
            },
            "sends": [
                _name(message)
                for operation in operations
                if operation["action"] == "send"
                for message in operation["messages"]
            ],
        }
    return console


def build_example(contract: dict[str, Any], event: str) -> dict[str, Any]:
    """Return data for an event: its required fields, each with a value of its type."""
    if event in EVENTS:
        return EVENTS[event]
    schema = _resolve(contract, contract["components"]["messages"][event]["payload"]["properties"]["data"])
    return {name: FIELDS.get(name, _fit(contract, schema["properties"][name])) for name in schema.get("required", [])}


def _is_plain(operation: dict[str, Any]) -> bool:
    """Return whether the event has no example in EVENTS. Those with one come first."""
    return _name(operation["messages"][0]) not in EVENTS


def _fit(contract: dict[str, Any], schema: dict[str, Any]) -> Any:
    schema = _resolve(contract, schema)
    if schema.get("format") == "uuid":
        return NO_RUN
    if "enum" in schema:
        return schema["enum"][0]
    if "anyOf" in schema:
        return _fit(contract, schema["anyOf"][0])
    empty: dict[str, Any] = {"integer": 1, "number": 1.0, "boolean": True, "array": [], "object": {}}
    return empty.get(schema.get("type", "string"), "text")


def _resolve(contract: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    if "$ref" in schema:
        resolved: dict[str, Any] = contract["components"]["schemas"][schema["$ref"].rsplit("/", 1)[-1]]
        return resolved
    return schema


def _name(reference: dict[str, str]) -> str:
    return reference["$ref"].rsplit("/", 1)[-1]
