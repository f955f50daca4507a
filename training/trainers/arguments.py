"""Typed and bounded arguments of layers and estimators, and how a call is matched with them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from training.exceptions import SpecRefused
from training.name_lookup import find_nearest
from training.trainers.calls import Call, Literal


class Kind(StrEnum):
    INTEGER = "integer"
    NUMBER = "number"
    BOOLEAN = "boolean"
    CHOICE = "choice"
    PAIR = "pair"  # one integer for both axes, or one for each
    SIZES = "sizes"  # a tuple of one to MAX_SIZES integers


MAX_SIZES = 3


@dataclass(frozen=True)
class Argument:
    """An argument of a layer or an estimator.

    Bounds are inclusive. They hold for each number of a pair. An `inferred` argument follows from the layer before if
    it is absent. `example` is the initial value of a required argument in an editor.
    """

    name: str
    kind: Kind
    about: str
    default: Literal = None
    required: bool = False
    inferred: bool = False
    optional: bool = False  # None is a valid value
    own_default: bool = False  # differs from the library's default, so that generated code must state it
    minimum: float | None = None
    maximum: float | None = None
    choices: tuple[Literal, ...] = ()
    example: Literal = None

    def check(self, value: Literal) -> Literal:
        """Return the value; an integer becomes a float if the argument is a number. Raises SpecRefused
        (`bad_argument`).
        """
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
        if self.kind is Kind.NUMBER:
            return self._check_number(value)
        if self.kind is Kind.INTEGER:
            return self._check_integer(value, "be a whole number")
        return self._check_sizes(value)

    def describe(self) -> dict[str, Any]:
        """Return the argument as JSON values, for the page's palette."""
        return {
            "name": self.name,
            "type": self.kind.value,
            "about": self.about,
            "required": self.required,
            "inferred": self.inferred,
            "optional": self.optional,
            "default": _as_json(self.default),
            "minimum": self.minimum,
            "maximum": self.maximum,
            "choices": list(self.choices),
            "example": _as_json(self.example),
        }

    def _check_number(self, value: Literal) -> float:
        if not isinstance(value, int | float) or isinstance(value, bool):
            raise self._refuse("be a number")
        return float(self._hold_bounds(value))

    def _check_integer(self, value: Literal, expected: str) -> int:
        if isinstance(value, float) and value.is_integer():
            value = int(value)
        if not isinstance(value, int) or isinstance(value, bool):
            raise self._refuse(expected)
        return int(self._hold_bounds(value))

    def _check_sizes(self, value: Literal) -> Literal:
        counts, expected = (
            ((2,), "be a whole number, or two in parentheses")
            if self.kind is Kind.PAIR
            else (range(1, MAX_SIZES + 1), f"be one to {MAX_SIZES} whole numbers in parentheses")
        )
        if not isinstance(value, tuple):
            number = self._check_integer(value, expected)
            return number if self.kind is Kind.PAIR else (number,)
        if len(value) not in counts:
            raise self._refuse(expected)
        return tuple(self._check_integer(item, expected) for item in value)

    def _hold_bounds(self, value: float) -> float:
        if (self.minimum is not None and value < self.minimum) or (self.maximum is not None and value > self.maximum):
            raise self._refuse(f"be between {self.minimum:,} and {self.maximum:,}")
        return value

    def _refuse(self, expected: str) -> SpecRefused:
        return SpecRefused(
            f"The argument {self.name} must {expected}.", code="bad_argument", hint=f"{self.name}: {self.about}"
        )


def bind(call: Call, arguments: Sequence[Argument]) -> dict[str, Literal]:
    """Match the values of a call with arguments and check them. Returns the given ones by name.

    Positional values are in the library's order: `Linear(4, 10)`, `Conv2d(1, 8, 3)`. If there are as many of them as
    required arguments without a value, they are assigned to those and inferred arguments are skipped: `Linear(10)` has
    ten outputs, and `Conv2d(8, 3)` eight channels and a kernel of three.

    Raises SpecRefused: `unknown_argument`, `missing_argument`, `bad_argument`.
    """
    by_name = {argument.name: argument for argument in arguments}
    open_required = [argument for argument in arguments if argument.required and argument.name not in call.kwargs]
    positional = open_required if 0 < len(call.args) == len(open_required) else list(arguments)
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
    for argument in arguments:
        if argument.required and argument.name not in given:
            raise SpecRefused(
                f"{call.name} needs {argument.name}.",
                code="missing_argument",
                hint=f"{argument.name}: {argument.about}",
            )
    return {name: by_name[name].check(value) for name, value in given.items() if not _left_out(by_name[name], value)}


def _as_json(value: Literal) -> Any:
    return list(value) if isinstance(value, tuple) else value


def _left_out(argument: Argument, value: Literal) -> bool:
    return value is None and argument.inferred


def _list(names: Any) -> str:
    return ", ".join(names)
