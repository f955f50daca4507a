"""What a layer or an estimator takes: typed, bounded arguments, and how a call is fitted to them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from training.exceptions import SpecRefused
from training.names import find_nearest
from training.trainers.calls import Call, Literal


class Kind(StrEnum):
    INTEGER = "integer"
    NUMBER = "number"
    BOOLEAN = "boolean"
    CHOICE = "choice"
    SIZES = "sizes"
    """A whole number, or a short list of them."""


@dataclass(frozen=True)
class Argument:
    """Bounds are inclusive. `inferred` arguments are filled in from the layer before when left out."""

    name: str
    kind: Kind
    about: str
    default: Literal = None
    required: bool = False
    inferred: bool = False
    optional: bool = False  # None is a value, too
    minimum: float | None = None
    maximum: float | None = None
    choices: tuple[Literal, ...] = ()

    def check(self, value: Literal) -> Literal:
        """The value, integers made floats where numbers are meant. Raises SpecRefused (`bad_argument`)."""
        if value is None and self.optional:
            return None
        if self.kind is Kind.CHOICE:
            if any(value == choice and type(value) is type(choice) for choice in self.choices):
                return value
            raise self._refuse(f"be one of {', '.join(map(repr, self.choices))}")
        if self.kind is Kind.SIZES:
            return self._check_sizes(value)
        if self.kind is Kind.BOOLEAN:
            if isinstance(value, bool):
                return value
            raise self._refuse("be True or False")
        if self.kind is Kind.INTEGER:
            if isinstance(value, float) and value.is_integer():
                value = int(value)
            if not isinstance(value, int) or isinstance(value, bool):
                raise self._refuse("be a whole number")
        elif not isinstance(value, int | float) or isinstance(value, bool):
            raise self._refuse("be a number")
        if (self.minimum is not None and value < self.minimum) or (self.maximum is not None and value > self.maximum):
            raise self._refuse(f"be between {self.minimum:,} and {self.maximum:,}")
        return float(value) if self.kind is Kind.NUMBER else value

    def describe(self) -> dict[str, Any]:
        """JSON-ready, for the page's palette."""
        return {
            "name": self.name,
            "type": self.kind.value,
            "about": self.about,
            "required": self.required,
            "inferred": self.inferred,
            "optional": self.optional,
            "default": self.default,
            "minimum": self.minimum,
            "maximum": self.maximum,
            "choices": list(self.choices),
        }

    def _check_sizes(self, value: Literal) -> Literal:
        items = value if isinstance(value, tuple) else (value,)
        whole = all(isinstance(item, int) and not isinstance(item, bool) for item in items)
        if not items or not whole or not all((self.minimum or 0) <= item <= (self.maximum or item) for item in items):
            raise self._refuse(
                f"be whole numbers between {self.minimum:,} and {self.maximum:,}, such as 64 or (64, 32)"
            )
        return value

    def _refuse(self, expected: str) -> SpecRefused:
        return SpecRefused(
            f"The argument {self.name} must {expected}.", code="bad_argument", hint=f"{self.name}: {self.about}"
        )


def bind(call: Call, arguments: Sequence[Argument]) -> dict[str, Literal]:
    """Argument name -> checked value, for those that were given.

    A single positional value goes to the one required argument even where an inferred one stands before it:
    `Linear(10)` has ten outputs. Raises SpecRefused: `unknown_argument`, `missing_argument`, `bad_argument`.
    """
    by_name = {argument.name: argument for argument in arguments}
    required = [argument for argument in arguments if argument.required]
    alone = len(call.args) == len(required) == 1 and required[0].name not in call.kwargs
    positional = required if alone else list(arguments)
    if len(call.args) > len(positional):
        raise SpecRefused(
            f"{call.name} takes at most {len(positional)} arguments.",
            code="unknown_argument",
            hint=f"Its arguments are {_list(by_name)}." if by_name else "It takes none.",
        )
    given = {argument.name: value for argument, value in zip(positional, call.args, strict=False)}
    for name, value in call.kwargs.items():
        if name not in by_name:
            near = find_nearest(name, by_name)
            hint = f"Did you mean {near}? " if near else ""
            takes = f"Its arguments are {_list(by_name)}." if by_name else "It takes none."
            raise SpecRefused(
                f"{call.name} has no argument {name[:50]!r}.", code="unknown_argument", hint=f"{hint}{takes}"
            )
        if name in given:
            raise SpecRefused(f"{name} is given twice.", code="bad_argument", hint="Give it once.")
        given[name] = value
    for argument in required:
        if argument.name not in given:
            raise SpecRefused(
                f"{call.name} needs {argument.name}.",
                code="missing_argument",
                hint=f"{argument.name}: {argument.about}",
            )
    return {name: by_name[name].check(value) for name, value in given.items() if not _left_out(by_name[name], value)}


def _left_out(argument: Argument, value: Literal) -> bool:
    return value is None and argument.inferred


def _list(names: Any) -> str:
    return ", ".join(names)
