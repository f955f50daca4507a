"""What the developers' console offers: the events of each socket, with data to begin with. Made from the contract."""

from __future__ import annotations

from typing import Any

NO_RUN = "00000000-0000-0000-0000-000000000000"  # the console puts the last run that it has heard of in its place
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
"""What required fields hold to begin with, where their type alone says too little."""
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
"""Where what is required is not what one would want to see."""


def build_console(contract: dict[str, Any]) -> dict[str, Any]:
    """`{address: {events: {name: {data, answered}}, sends: [name]}}`, JSON-ready."""
    console = {}
    for name, channel in contract["channels"].items():
        operations = [each for key, each in contract["operations"].items() if key.startswith(f"{name}_")]
        console[channel["address"]] = {
            "events": {
                _name(message): {
                    "data": build_example(contract, _name(message)),
                    "answered": len(operation["reply"]["messages"]) > 1,  # beside the error
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
    """Data that this event takes: the required fields, each with something that fits it."""
    if event in EVENTS:
        return EVENTS[event]
    schema = _resolve(contract, contract["components"]["messages"][event]["payload"]["properties"]["data"])
    return {name: FIELDS.get(name, _fit(contract, schema["properties"][name])) for name in schema.get("required", [])}


def _is_plain(operation: dict[str, Any]) -> bool:
    """Those that say most come first, the frontendLog of every socket does not."""
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
