"""Parse `nn.Linear(4, 10)` or `{"layer": "Linear", …}` into a name and literal arguments. Nothing is evaluated."""

from __future__ import annotations

import ast
import warnings
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from training.exceptions import SpecRefused

Literal = str | int | float | bool | None | tuple[Any, ...]

MAX_ARGUMENTS = 30
MAX_ITEMS = 8  # of a tuple argument
MAX_NUMBER = 10**12
MAX_TEXT = 100  # characters of a string argument


@dataclass(frozen=True)
class Call:
    """A name without its module prefix, and literal arguments."""

    name: str
    args: tuple[Literal, ...] = ()
    kwargs: Mapping[str, Literal] = field(default_factory=dict)


@dataclass(frozen=True)
class Syntax:
    """How a kind of call is written: the key of its object form, its module prefixes, and the code of its errors."""

    key: str
    prefixes: Collection[str]
    max_length: int
    code: str
    example: str


def parse_call(entry: Any, syntax: Syntax) -> Call:
    """Parse a call or a bare name with literal arguments. Raises SpecRefused with the code of the syntax."""

    def refuse(message: str) -> SpecRefused:
        return SpecRefused(message, code=syntax.code, hint=f"Write it like {syntax.example}.")

    if isinstance(entry, str):
        return _parse_text(entry, syntax, refuse)
    if isinstance(entry, Mapping):
        return _parse_object(entry, syntax, refuse)
    raise refuse(f"A {syntax.key} is a text or an object.")


Refuse = Callable[[str], SpecRefused]


def _parse_text(text: str, syntax: Syntax, refuse: Refuse) -> Call:
    # The limit on the length bounds the recursion of Python's parser.
    if len(text) > syntax.max_length:
        raise refuse(f"The {syntax.key} is longer than {syntax.max_length} characters.")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # warnings about the user's text
            node = ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, ValueError, MemoryError, RecursionError):
        raise refuse(f"{_quote(text)} is not a {syntax.key}.") from None
    args: list[Literal] = []
    kwargs: dict[str, Literal] = {}
    if isinstance(node, ast.Call):
        if len(node.args) + len(node.keywords) > MAX_ARGUMENTS:
            raise refuse(f"{_quote(text)} has too many arguments.")
        args = [_parse_literal(argument, refuse) for argument in node.args]
        for keyword in node.keywords:
            if keyword.arg is None:
                raise refuse("Arguments cannot be unpacked with **.")
            kwargs[keyword.arg] = _parse_literal(keyword.value, refuse)
        node = node.func
    prefix, name = _parse_name(node, refuse)
    if prefix and prefix not in syntax.prefixes:
        raise refuse(f"{_quote(prefix)} is not a module that a {syntax.key} may come from.")
    return Call(name, tuple(args), kwargs)


def _parse_name(node: ast.expr, refuse: Refuse) -> tuple[str, str]:
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    if not isinstance(node, ast.Name):
        raise refuse("This is not a name with arguments in parentheses.")
    parts.append(node.id)
    name, *prefix = parts
    return ".".join(reversed(prefix)), name


def _parse_literal(node: ast.expr, refuse: Refuse, depth: int = 0) -> Literal:
    if isinstance(node, ast.Constant):
        return _check_literal(node.value, refuse)
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub | ast.UAdd):
        value = _parse_literal(node.operand, refuse, depth + 1) if isinstance(node.operand, ast.Constant) else None
        if isinstance(value, int | float) and not isinstance(value, bool):
            return -value if isinstance(node.op, ast.USub) else value
    if isinstance(node, ast.Tuple | ast.List) and depth == 0 and len(node.elts) <= MAX_ITEMS:
        return tuple(_parse_literal(item, refuse, depth + 1) for item in node.elts)
    raise refuse("An argument is neither a number, a text, True, False, None nor a short list of these.")


def _parse_object(entry: Mapping[str, Any], syntax: Syntax, refuse: Refuse) -> Call:
    name = entry.get(syntax.key)
    if not isinstance(name, str) or not name:
        raise refuse(f"The object has no field {syntax.key!r} with a name.")
    if len(entry) > MAX_ARGUMENTS:
        raise refuse(f"{_quote(name)} has too many arguments.")
    prefix, _, last = name.rpartition(".")
    if prefix and prefix not in syntax.prefixes:
        raise refuse(f"{_quote(prefix)} is not a module that a {syntax.key} may come from.")
    kwargs: dict[str, Literal] = {}
    for key, value in entry.items():
        if key == syntax.key:
            continue
        if isinstance(value, list) and len(value) <= MAX_ITEMS:
            kwargs[key] = tuple(_check_literal(item, refuse) for item in value)
        else:
            kwargs[key] = _check_literal(value, refuse)
    return Call(last, (), kwargs)


def _check_literal(value: Any, refuse: Refuse) -> Literal:
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int | float):
        if not abs(value) <= MAX_NUMBER:  # NaN compares false
            raise refuse("A number is too large.")
        return value
    if isinstance(value, str):
        if len(value) > MAX_TEXT:
            raise refuse(f"A text is longer than {MAX_TEXT} characters.")
        return value
    raise refuse("An argument is neither a number, a text, True, False, None nor a short list of these.")


def _quote(text: str) -> str:
    return repr(text[:60])
