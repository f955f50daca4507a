"""Write values and calls as Python source in black's layout. Only this module turns a user's text into source."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

WIDTH = 100  # characters per line
TEXT_WIDTH = 80  # characters per piece of a long text


@dataclass(frozen=True)
class Group:
    """A call, list or dictionary: its opening, its items and its closing."""

    opening: str
    items: tuple[Code, ...]
    closing: str


Code = str | Group


@dataclass(frozen=True)
class Section:
    """A part of a script: a title, an explanation for the notebook, import statements, and the code."""

    title: str
    about: str
    imports: tuple[str, ...]
    code: str


def write_value(value: object) -> str:
    """Write a plain value as a literal. Strings use double quotes unless they would need escapes."""
    if isinstance(value, list | tuple):
        items = ", ".join(map(write_value, value))
        if isinstance(value, list):
            return f"[{items}]"
        return f"({items},)" if len(value) == 1 else f"({items})"
    if isinstance(value, float) and not math.isfinite(value):
        return f'float("{value}")'
    source = repr(value)
    if isinstance(value, str) and source[0] == "'" and '"' not in source:
        return f'"{source[1:-1]}"'
    return source


def write_list(values: Iterable[object]) -> Group:
    return Group("[", tuple(map(write_value, values)), "]")


def call(name: str, *items: Code) -> Group:
    return Group(f"{name}(", items, ")")


def keyword(name: str, code: Code) -> Code:
    return _prefix(f"{name}=", code)


def assign(name: str, code: Code) -> str:
    return render(_prefix(f"{name} = ", code))


def render(code: Code, indent: int = 0, room: int = WIDTH) -> str:
    """Write a group on one line if it fits, else its items together on a second line, else one item per line."""
    line = _join(code)
    if isinstance(code, str) or indent + len(line) <= room or not code.items:
        return line
    inner, pad = indent + 4, " " * (indent + 4)
    together = ", ".join(map(_join, code.items))
    if inner + len(together) <= WIDTH and "\n" not in together:
        body = f"{pad}{together}\n"
    else:
        # black puts a comma after the last item.
        body = "".join(f"{pad}{render(item, inner, WIDTH - 1)},\n" for item in code.items)
    return f"{code.opening}\n{body}{' ' * indent}{code.closing}"


def write_text(name: str, text: str) -> str:
    """Write `name = …` for a text of many lines: one literal per line, with long lines in pieces."""
    pieces = [
        line[start : start + TEXT_WIDTH]
        for line in text.splitlines(keepends=True)
        for start in range(0, len(line), TEXT_WIDTH)
    ]
    lines = "".join(f"    {write_value(piece)}\n" for piece in pieces)
    return f"{name} = (\n{lines})"


def write_object(value: Any) -> tuple[Code, set[str]]:
    """Write a scikit-learn object as a call with its non-default parameters. Return the imports it needs, too.

    `copy` is left out: it saves memory and does not change a result.
    """
    from sklearn.compose import ColumnTransformer
    from sklearn.pipeline import Pipeline

    if isinstance(value, Pipeline):
        steps = [write_object(step) for _, step in value.steps]
        imports = {"from sklearn.pipeline import make_pipeline"}.union(*(names for _, names in steps))
        return call("make_pipeline", *(code for code, _ in steps)), imports
    if isinstance(value, ColumnTransformer):
        return _write_column_transformer(value)
    kind = type(value)
    module = kind.__module__.split("._")[0]  # objects of private modules are imported from the public module above
    imports = {f"from {module} import {kind.__name__}"}
    defaults = kind().get_params(deep=False)
    items = []
    for name, given in value.get_params(deep=False).items():
        if name != "copy" and not _same(given, defaults[name]):
            code, needed = _write_parameter(given)
            items.append(keyword(name, code))
            imports |= needed
    return call(kind.__name__, *items), imports


def _write_column_transformer(value: Any) -> tuple[Code, set[str]]:
    imports = {"from sklearn.compose import ColumnTransformer"}
    items = []
    for name, transformer, columns in value.transformers:
        code, needed = write_object(transformer)
        imports |= needed
        items.append(call("", write_value(name), code, write_value(columns)))
    threshold = keyword("sparse_threshold", write_value(value.sparse_threshold))
    return call("ColumnTransformer", Group("[", tuple(items), "]"), threshold), imports


def _write_parameter(value: Any) -> tuple[Code, set[str]]:
    if isinstance(value, type):
        return f"np.{value.__name__}", {"import numpy as np"}
    if hasattr(value, "get_params"):
        return write_object(value)
    return write_value(value), set()


def _same(value: Any, default: Any) -> bool:
    if hasattr(value, "get_params"):
        return False
    return (type(value) is type(default) and value == default) or (value != value and default != default)


def _prefix(text: str, code: Code) -> Code:
    return f"{text}{code}" if isinstance(code, str) else Group(text + code.opening, code.items, code.closing)


def _join(code: Code) -> str:
    if isinstance(code, str):
        return code
    return f"{code.opening}{', '.join(map(_join, code.items))}{code.closing}"


def join_blocks(blocks: Sequence[str]) -> str:
    """Join blocks of code with an empty line between them. Empty blocks are skipped."""
    return "\n\n".join(block for block in blocks if block)
