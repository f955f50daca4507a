"""TrainingSpec: what a client asks to train, and on which table. Parsed once; imports neither Django nor torch.

Layers and estimators stay as they were sent. The registries in `trainers/` parse them, so that `checkTraining` and
`runTraining` report their errors with the same codes.
"""

from __future__ import annotations

import secrets
from typing import Annotated, Any, Literal, Self
from unicodedata import category
from uuid import UUID

from pydantic import (
    AfterValidator,
    AliasChoices,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    JsonValue,
    StringConstraints,
    ValidationError,
    ValidatorFunctionWrapHandler,
    WrapValidator,
    model_validator,
)
from pydantic_core import PydanticCustomError

from playground.wire.bounds import check_lengths
from playground.wire.storable_text import make_storable
from training.spec.columns import ColumnChoice
from training.spec.enums import CaseInsensitiveEnum, ColumnType, ProblemType
from training.spec.inline_table import InlineTable
from training.spec.names import Name
from training.spec.reading import ReadingOptions
from training.spec.split import Split

MAX_SEED = 2**32 - 1
SOURCES = ("default", "dataset_id", "csvData", "fileURL")
MAX_URL = 2_000


class Criterion(CaseInsensitiveEnum):
    CELOSS = "CELOSS"
    WCELOSS = "WCELOSS"
    BCELOSS = "BCELOSS"
    BCEWITHLOGITSLOSS = "BCEWITHLOGITSLOSS"
    MSELOSS = "MSELOSS"
    L1LOSS = "L1LOSS"
    HUBERLOSS = "HUBERLOSS"


class Optimizer(CaseInsensitiveEnum):
    SGD = "SGD"
    ADAM = "Adam"
    ADAMW = "AdamW"
    RMSPROP = "RMSprop"
    ADAGRAD = "Adagrad"


class Trainer(CaseInsensitiveEnum):
    """The implementation that trains a network."""

    COMPILED = "compiled"
    """Many times faster, for what it knows; sums are rounded in another order than torch's."""
    AUTOGRAD = "autograd"
    """torch's own, which the script that one takes home repeats to the last bit."""


class Device(CaseInsensitiveEnum):
    """The hardware on which a run is trained."""

    CPU = "cpu"
    GPU = "gpu"


class Schedule(CaseInsensitiveEnum):
    """How the learning rate changes from epoch to epoch."""

    STEP = "step"
    """Falls by `schedule_gamma` every `schedule_step` epochs."""
    COSINE = "cosine"
    """Falls along half a cosine wave, to zero after the last epoch."""
    PLATEAU = "plateau"
    """Falls by `schedule_gamma` when `schedule_step` epochs brought no better validation loss."""


def _only_item(value: Any) -> Any:
    """Return the item of a list of one. Earlier front ends send `user_model` as such a list."""
    return value[0] if isinstance(value, list) and len(value) == 1 else value


BREAKS = frozenset({"Cc", "Zl", "Zp"})
"""Unicode categories of control characters and of separators of lines and paragraphs."""


def _on_one_line(text: str) -> str:
    """Return the text without line breaks and control characters, for subjects of e-mails and names of files."""
    return " ".join("".join(" " if category(letter) in BREAKS else letter for letter in text).split())


def _none_if_empty(value: Any) -> Any:
    """Return None for an empty value. Earlier front ends send an empty string or list for a source that is not used."""
    return None if value in ("", [], {}) else value


def _in_plain_words(message: str) -> WrapValidator:
    """Report one error for the whole value instead of one per member of a union."""

    def validate(value: Any, handler: ValidatorFunctionWrapHandler) -> Any:
        try:
            return handler(value)
        except ValidationError as error:
            items = [step for step in error.errors(include_url=False)[0]["loc"] if isinstance(step, int)]
            row = f" (item {items[0] + 1} is not)" if items else ""
            raise PydanticCustomError("in_plain_words", f"{message}{row}") from None

    return WrapValidator(validate)


Source = BeforeValidator(_none_if_empty)
PositiveWeight = Annotated[float, Field(ge=0, le=1_000_000, allow_inf_nan=False)]
LayerEntry = Annotated[
    Annotated[str, StringConstraints(max_length=200)] | dict[str, JsonValue],
    _in_plain_words("it should be a text of at most 200 characters or an object"),
]
EstimatorEntry = Annotated[
    Annotated[str, StringConstraints(max_length=500)] | dict[str, JsonValue] | None,
    _in_plain_words("it should be a text of at most 500 characters or an object"),
]


class TrainingSpec(BaseModel):
    """What to train on which table. Unset fields take defaults that suit the data; a seed is always recorded."""

    model_config = ConfigDict(frozen=True, extra="forbid", protected_namespaces=())

    user_arch: tuple[LayerEntry, ...] = Field(
        default=(),
        max_length=200,
        description="Layers of a network, in order: `nn.Linear(4, 10)` or `{layer: Linear, out_features: 10}`.",
    )
    user_model: Annotated[EstimatorEntry, BeforeValidator(_only_item), Source] = Field(
        default=None,
        description="A scikit-learn estimator instead of a network: `RandomForestClassifier(max_depth=3)`.",
    )
    default: Annotated[str | None, StringConstraints(max_length=50), Source] = Field(
        default=None,
        validation_alias=AliasChoices("default", "using_default_dataset"),
        description="A built-in table, such as `IRIS`.",
    )
    dataset_id: Annotated[UUID | None, Source] = Field(default=None, description="A table that you have uploaded.")
    csvData: Annotated[InlineTable, Source] = Field(
        default=None,
        validation_alias=AliasChoices("csvData", "csv_data"),
        description="The table itself: a list of records, or CSV text with a header row.",
    )
    fileURL: Annotated[Annotated[str, StringConstraints(max_length=MAX_URL)] | None, Source] = Field(
        default=None,
        validation_alias=AliasChoices("fileURL", "file_URL"),
        description="A link to a CSV, http or https.",
    )
    target: Annotated[Name | None, Source] = Field(default=None, description="The column to predict.")
    features: tuple[Name, ...] = Field(
        default=(), max_length=10_000, description="The columns to learn from; all others than the target when empty."
    )
    column_types: dict[Name, ColumnType | ColumnChoice] = Field(
        default={},
        max_length=10_000,
        description="The type of a column, where the detected one is wrong; or an object with more choices.",
    )
    reading: ReadingOptions | None = Field(
        default=None, description="How the table is read. Options that are absent are detected."
    )
    split: Split | None = Field(
        default=None, description="How rows are divided into training and test rows; at random when absent."
    )
    folds: int | None = Field(
        default=None, ge=2, le=20, description="Cross-validate with this many folds, beside the split."
    )
    weight: Name | None = Field(
        default=None, description="A column with the weight of each row, at least 0. It is not a feature."
    )
    class_weight: Literal["balanced"] | dict[str, PositiveWeight] | None = Field(
        default=None, description="For classification: `balanced`, or a weight for each class."
    )
    threshold: float | None = Field(
        default=None,
        gt=0,
        lt=1,
        allow_inf_nan=False,
        description="For two classes: predict the positive (second) class from this probability on; 0.5 when absent.",
    )
    problem_type: Annotated[ProblemType | None, Source] = Field(
        default=None, description="Inferred from the target when absent."
    )
    criterion: Annotated[Criterion | None, Source] = Field(
        default=None, description="The loss. Chosen by the problem when absent."
    )
    optimizer_name: Annotated[Optimizer | None, Source] = Field(
        default=None, description="The optimiser; Adam when absent."
    )
    learning_rate: float | None = Field(default=None, gt=0, le=1000, allow_inf_nan=False)
    weight_decay: float = Field(default=0.0, ge=0, le=1000, allow_inf_nan=False)
    momentum: float = Field(
        default=0.0,
        ge=0,
        lt=1,
        allow_inf_nan=False,
        description="The share of the last step that goes into the next, for SGD; the other optimisers ignore it.",
    )
    gradient_clip: float | None = Field(
        default=None,
        gt=0,
        le=1_000_000,
        allow_inf_nan=False,
        description="Gradients whose norm is larger are scaled down to this norm before each step.",
    )
    schedule: Annotated[Schedule | None, Source] = Field(
        default=None, description="How the learning rate changes; it stays the same when absent."
    )
    schedule_step: int | None = Field(
        default=None,
        ge=1,
        le=10_000_000,
        description="With `step`: epochs between two changes, a third of all when absent. With `plateau`: epochs "
        "without improvement that are waited for, 5 when absent.",
    )
    schedule_gamma: float | None = Field(
        default=None,
        gt=0,
        lt=1,
        allow_inf_nan=False,
        description="With `step` and `plateau`: what the learning rate is multiplied by; 0.1 when absent.",
    )
    patience: int | None = Field(
        default=None,
        ge=1,
        le=10_000_000,
        description="Stops after so many epochs without a better validation loss, and goes back to the weights of the "
        "best epoch. The loss is that of a share of the training rows, held back from training for it.",
    )
    epochs: int | None = Field(default=None, ge=1, le=10_000_000)
    batch_size: int | None = Field(default=None, ge=1, le=10_000_000)
    test_size: float = Field(
        default=0.2, gt=0, lt=1, allow_inf_nan=False, description="The share of rows kept for testing."
    )
    shuffle: bool = Field(default=True, description="Shuffle the rows before the split, and the batches every epoch.")
    seed: int | None = Field(
        default=None, ge=0, le=MAX_SEED, description="The same spec and seed give the same numbers."
    )
    trainer: Annotated[Trainer | None, Source] = Field(
        default=None,
        description="`compiled`, where it knows how (the default), or `autograd`, whose numbers `train.py` repeats "
        "to the last bit.",
    )
    device: Annotated[Device | None, Source] = Field(
        default=None,
        description="`gpu` waits for a worker that has one, where this server has such workers; otherwise whatever the "
        "next worker has.",
    )
    boundary: Annotated[tuple[Name, Name] | None, Source] = Field(
        default=None,
        description="Two columns of numbers, across and up, over which to show while it trains what the model says. "
        "When absent: those of a table that has just two such columns to learn from, and none of another.",
    )
    custom_model_name: Annotated[str, AfterValidator(_on_one_line)] = Field(
        default="", max_length=100, description="What you call it, on one line."
    )
    notify: bool = Field(
        default=False, description="Send me the report by e-mail when it is over. It changes nothing about the numbers."
    )

    @model_validator(mode="before")
    @classmethod
    def _as_text_that_is_text(cls, fields: Any) -> Any:
        return make_storable(check_lengths(cls, fields))

    @model_validator(mode="after")
    def _at_most_one_source(self) -> Self:
        given = [name for name in SOURCES if getattr(self, name) is not None]
        if len(given) > 1:
            raise PydanticCustomError("two_sources", f"name one source of data, not both {' and '.join(given)}")
        return self

    def to_spec(self) -> TrainingSpec:
        """Return the spec without the fields of the message that extends it."""
        return TrainingSpec.model_construct(_fields_set=self.model_fields_set, **dict(self))


def draw_seed() -> int:
    """Return a random seed, for a spec without one."""
    return secrets.randbelow(MAX_SEED + 1)
