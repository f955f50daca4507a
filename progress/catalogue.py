"""The format of a learning module, in a TOML file of `content/` and in the database. Imports no Django.

Modules are parsed once into frozen values. An error names the file and the question. The kinds of questions are:

- `single`: one correct choice.
- `several`: at least one correct and one wrong choice.
- `number`: an `answer` and an optional `tolerance` (default 0).
- `text`: a list of `accepted` answers.
- `lab`: a requirement for a training run.
- `done`: nothing to grade; the learner confirms that they have done it, for example read a text.
"""

from __future__ import annotations

import hashlib
import tomllib
from enum import StrEnum
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError, model_validator
from pydantic_core import PydanticCustomError

from training.datasets.builtin import BUILTINS
from training.messages.results import Metric

CONTENT_FOLDER = Path(__file__).parent / "content"

SLUG_PATTERN = r"^[a-z0-9]+(-[a-z0-9]+)*$"
Slug = Annotated[str, StringConstraints(pattern=SLUG_PATTERN, max_length=100)]
Line = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
Prose = Annotated[str, StringConstraints(strip_whitespace=True, max_length=20_000)]


class Kind(StrEnum):
    SINGLE = "single"
    SEVERAL = "several"
    NUMBER = "number"
    TEXT = "text"
    LAB = "lab"
    DONE = "done"


CHOICE_KINDS = (Kind.SINGLE, Kind.SEVERAL)


class ContentError(ValueError):
    """A content file is not a valid module. The message names the file and the place in it."""


class Content(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class ChoiceContent(Content):
    """One choice. `feedback` says why it is, or is not, correct. Texts longer than a line are Markdown."""

    id: Slug
    text: Prose = Field(min_length=1)
    correct: bool = False
    feedback: Prose = ""


class LabContent(Content):
    """What a finished run must show to earn a lab: the table and its default target, and one bound for one metric.

    Parameters
    ----------
    max_parameters
        Largest number of parameters that the model may learn.
    estimator
        False for networks only, True for scikit-learn estimators only, None for both.
    min_test_size
        Smallest share of rows that must be kept for testing, 0 to 1.
    """

    dataset: str
    metric: Metric
    at_least: float | None = Field(default=None, allow_inf_nan=False)
    at_most: float | None = Field(default=None, allow_inf_nan=False)
    max_parameters: int | None = Field(default=None, ge=1)
    estimator: bool | None = None
    min_test_size: float = Field(default=0.1, gt=0, lt=1)

    @model_validator(mode="after")
    def _is_complete(self) -> Self:
        if self.dataset not in BUILTINS:
            raise PydanticCustomError("dataset", f"the dataset must be one of {', '.join(BUILTINS)}")
        if (self.at_least is None) == (self.at_most is None):
            raise PydanticCustomError("bound", "a lab has either at_least or at_most")
        return self


class QuestionContent(Content):
    id: Slug
    kind: Kind
    prompt: Prose = Field(min_length=1)
    points: int = Field(ge=1, le=1_000)
    hints: tuple[Prose, ...] = Field(default=(), max_length=3)
    right: Prose = ""
    wrong: Prose = ""
    choices: tuple[ChoiceContent, ...] = ()
    answer: float | None = Field(default=None, allow_inf_nan=False)
    tolerance: float | None = Field(default=None, ge=0, allow_inf_nan=False)
    accepted: tuple[Line, ...] = Field(default=(), max_length=50)
    lab: LabContent | None = None

    @property
    def has_key(self) -> bool:
        """Whether points can be earned only by a correct answer or by a run."""
        return self.kind is not Kind.DONE

    @model_validator(mode="after")
    def _fits_its_kind(self) -> Self:
        belongs = {
            "choices": self.kind in CHOICE_KINDS,
            "answer": self.kind is Kind.NUMBER,
            "accepted": self.kind is Kind.TEXT,
            "lab": self.kind is Kind.LAB,
        }
        for name, wanted in belongs.items():
            given = getattr(self, name) not in (None, ())
            if given != wanted:
                raise PydanticCustomError(
                    "kind", f"a question of kind {self.kind} {'needs' if wanted else 'has no'} {name}"
                )
        if self.tolerance is not None and self.kind is not Kind.NUMBER:
            raise PydanticCustomError("kind", f"a question of kind {self.kind} has no tolerance")
        if self.kind in CHOICE_KINDS:
            self._check_choices()
        return self

    def _check_choices(self) -> None:
        if not 2 <= len(self.choices) <= 10:
            raise PydanticCustomError("choices", "there must be 2 to 10 choices")
        _check_distinct("choice", self.choices)
        right = sum(choice.correct for choice in self.choices)
        if self.kind is Kind.SINGLE and right != 1:
            raise PydanticCustomError("choices", f"exactly one choice must be correct, and {right} are")
        if right in (0, len(self.choices)):
            raise PydanticCustomError("choices", "at least one choice must be correct and at least one wrong")


class SectionContent(Content):
    id: Slug
    title: Line
    body: Prose = Field(min_length=1)
    questions: tuple[QuestionContent, ...] = Field(default=(), max_length=50)

    @model_validator(mode="after")
    def _has_distinct_questions(self) -> Self:
        _check_distinct("question", self.questions)
        return self


class ModuleContent(Content):
    """A whole module. `order` is its position in the list, lowest first."""

    id: Slug
    title: Line
    summary: Prose = ""
    order: int = Field(default=0, ge=0, le=10_000)
    sections: tuple[SectionContent, ...] = Field(min_length=1, max_length=50)

    @model_validator(mode="after")
    def _has_distinct_sections(self) -> Self:
        _check_distinct("section", self.sections)
        return self

    def fingerprint(self) -> str:
        """Return a hash of everything except `order`. Staff may change `order` without taking over the module."""
        return hashlib.sha256(self.model_dump_json(exclude={"order"}).encode()).hexdigest()


def read_content(folder: Path = CONTENT_FOLDER) -> list[ModuleContent]:
    """Return the modules of all `*.toml` files of the folder, sorted by `order`. Raises ContentError."""
    modules: dict[str, ModuleContent] = {}
    for path in sorted(folder.glob("*.toml")):
        module = _read_module(path)
        if module.id in modules:
            raise ContentError(f"{path.name}: another file has the module {module.id!r} already")
        modules[module.id] = module
    return sorted(modules.values(), key=lambda module: (module.order, module.id))


def parse_module(data: Any) -> ModuleContent:
    """Return the module that TOML data describes. Raises ContentError with the ids of the section and question."""
    try:
        return ModuleContent.model_validate(data)
    except ValidationError as error:
        raise ContentError(explain(error, data)) from error


def explain(error: ValidationError, data: Any) -> str:
    """Return the first validation error of `data` as a sentence for the author of the module."""
    first = error.errors(include_url=False, include_input=False, include_context=False)[0]
    place = _name_place(data, first["loc"])
    return f"{place}: {first['msg']}" if place else first["msg"]


def _read_module(path: Path) -> ModuleContent:
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ContentError(f"{path.name} is not valid TOML: {error}") from error
    try:
        return parse_module(data)
    except ContentError as error:
        raise ContentError(f"{path.name}, {error}") from error


def _name_place(data: Any, steps: tuple[int | str, ...]) -> str:
    """Return the place of an error in words: (sections, 0, questions, 2, points) -> 'section rows, question target,
    points'.
    """
    places = []
    for name, step in pairwise(("", *steps, "")):
        if isinstance(name, int):
            continue
        data = data.get(name) if isinstance(data, dict) and name else data
        if isinstance(step, int) and isinstance(data, list):
            data = data[step]
            places.append(
                f"{name.removesuffix('s')} {data['id'] if isinstance(data, dict) and 'id' in data else step + 1}"
            )
        elif name:
            places.append(str(name))
    return ", ".join(places)


def _check_distinct(what: str, items: tuple[Any, ...]) -> None:
    seen: set[str] = set()
    for item in items:
        if item.id in seen:
            raise PydanticCustomError("twice", f"there are two of the {what} {item.id!r}")
        seen.add(item.id)
