"""What a layer or an estimator takes: typed, bounded arguments, and how a call is fitted to them."""

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
    PAIR = "pair"  # a whole number for both directions, or one for each
    SIZES = "sizes"  # one to MAX_SIZES whole numbers; a single one is made a tuple


MAX_SIZES = 3


@dataclass(frozen=True)
class Argument:
    """Bounds are inclusive, and hold for each number of a pair. `inferred` arguments are filled in from the layer
    before when left out. `example` is what a required one starts with in an editor.
    """

    name: str
    kind: Kind
    about: str
    default: Literal = None
    required: bool = False
    inferred: bool = False
    optional: bool = False  # None is a value, too
    own_default: bool = False  # the library's default is another one, so that generated code must state ours
    minimum: float | None = None
    maximum: float | None = None
    choices: tuple[Literal, ...] = ()
    example: Literal = None

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
        if self.kind is Kind.NUMBER:
            return self._check_number(value)
        if self.kind is Kind.INTEGER:
            return self._check_integer(value, "be a whole number")
        return self._check_sizes(value)

    def describe(self) -> dict[str, Any]:
        """JSON-ready, for the page's palette."""
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
    """Argument name -> checked value, for those that were given.

    Positional values go in the library's own order: `Linear(4, 10)`, `Conv2d(1, 8, 3)`. Where there are just as many
    of them as required arguments are still open, they go to those, past the inferred ones: `Linear(10)` has ten
    outputs, and `Conv2d(8, 3)` eight channels and a kernel of three.
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
