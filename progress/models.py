"""The catalogue, what learners tried, and the ORM storage's table.

`Earned` is read and written by `progress/storage/orm.py` alone: elsewhere progress may be kept in another storage.
"""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.contrib.auth.models import User
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models

from progress.catalogue import SLUG_PATTERN, Kind
from progress.records import MAX_ID_LENGTH
from progress.totals import Totals
from training.messages.results import Metric


class Earned(models.Model):
    """One question that one learner has earned the points of."""

    user_id = models.CharField(max_length=100)
    module_id = models.CharField(max_length=MAX_ID_LENGTH)
    section_id = models.CharField(max_length=MAX_ID_LENGTH)
    question_id = models.CharField(max_length=MAX_ID_LENGTH)
    points = models.PositiveIntegerField()
    when = models.DateTimeField()

    class Meta:
        verbose_name_plural = "earned"
        constraints = [
            models.UniqueConstraint(
                fields=["user_id", "module_id", "section_id", "question_id"], name="question_earned_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.user_id}: {self.module_id} / {self.section_id} / {self.question_id}"


CHECK_SLUG = RegexValidator(SLUG_PATTERN, "Lower-case letters and digits, with single hyphens between them.")

# --- the catalogue ---------------------------------------------------------------------------------------------------


class Module(models.Model):
    """A learning module: sections to read, with questions in them."""

    class Status(models.TextChoices):
        DRAFT = "draft", "draft"
        PUBLISHED = "published", "published"

    slug = models.SlugField(
        "identifier",
        max_length=MAX_ID_LENGTH,
        unique=True,
        validators=[CHECK_SLUG],
        help_text="Stands in learners' records, so it cannot be changed later.",
    )
    title = models.CharField(max_length=200)
    summary = models.TextField(blank=True, help_text="One or two sentences.")
    order = models.PositiveIntegerField(default=0, help_text="Its place in the list, lowest first.")
    status = models.CharField(max_length=10, choices=Status, default=Status.DRAFT, help_text="Only staff see a draft.")

    class Meta:
        ordering = ["order", "slug"]

    def __str__(self) -> str:
        return self.title


class Section(models.Model):
    """A few minutes' reading, and questions about it."""

    module = models.ForeignKey(Module, on_delete=models.CASCADE, related_name="sections")
    slug = models.SlugField("identifier", max_length=MAX_ID_LENGTH, validators=[CHECK_SLUG])
    title = models.CharField(max_length=200)
    body = models.TextField(blank=True, help_text="Markdown; no HTML.")
    order = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ["order", "pk"]
        constraints = [models.UniqueConstraint(fields=["module", "slug"], name="section_once_a_module")]

    def __str__(self) -> str:
        return f"{self.module}: {self.title}"


class Question(models.Model):
    """Something to answer. Which fields belong to which kind is checked by `QuestionContent`."""

    section = models.ForeignKey(Section, on_delete=models.CASCADE, related_name="questions")
    slug = models.SlugField("identifier", max_length=MAX_ID_LENGTH, validators=[CHECK_SLUG])
    kind = models.CharField(max_length=10, choices=[(kind.value, kind.value) for kind in Kind])
    prompt = models.TextField(help_text="Markdown; no HTML.")
    points = models.PositiveIntegerField(default=10, validators=[MinValueValidator(1), MaxValueValidator(1_000)])
    order = models.PositiveIntegerField(default=0)
    right = models.TextField("feedback when right", blank=True)
    wrong = models.TextField("feedback when wrong", blank=True)
    hint_1 = models.TextField("first hint", blank=True, help_text="After the first wrong attempt: a gentle one.")
    hint_2 = models.TextField("second hint", blank=True)
    hint_3 = models.TextField("third hint", blank=True, help_text="May nearly give it away.")
    answer = models.FloatField(null=True, blank=True)
    tolerance = models.FloatField(null=True, blank=True, help_text="How far off a right answer may be; 0 when empty.")
    accepted = models.TextField(blank=True, help_text="Accepted answers, one a line; compared without case.")
    lab_dataset = models.CharField("table", max_length=50, blank=True, help_text="A built-in table, such as WINE.")
    lab_metric = models.CharField(
        "metric", max_length=20, blank=True, choices=[(metric.value, metric.value) for metric in Metric]
    )
    lab_at_least = models.FloatField("at least", null=True, blank=True)
    lab_at_most = models.FloatField("at most", null=True, blank=True)
    lab_max_parameters = models.PositiveIntegerField("parameters at most", null=True, blank=True)
    lab_estimator = models.BooleanField(
        "kind of model", null=True, blank=True, choices=[(False, "a network"), (True, "a scikit-learn model")]
    )
    lab_min_test_size = models.FloatField("share of test rows at least", default=0.1)

    class Meta:
        ordering = ["order", "pk"]
        constraints = [models.UniqueConstraint(fields=["section", "slug"], name="question_once_a_section")]

    def __str__(self) -> str:
        return f"{self.section.module.slug} / {self.section.slug} / {self.slug}"


class Choice(models.Model):
    """One choice of a question of kind `single` or `several`."""

    question = models.ForeignKey(Question, on_delete=models.CASCADE, related_name="choices")
    slug = models.SlugField("identifier", max_length=MAX_ID_LENGTH, validators=[CHECK_SLUG])
    text = models.TextField()
    correct = models.BooleanField(default=False)
    feedback = models.TextField(blank=True, help_text="Why it is, or is not, an answer: shown to whoever chose it.")
    order = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ["order", "pk"]
        constraints = [models.UniqueConstraint(fields=["question", "slug"], name="choice_once_a_question")]

    def __str__(self) -> str:
        return self.slug


class ShippedModule(models.Model):
    """A module as it was last loaded from its file. Staff's own changes show as a difference, a deletion as a gap."""

    slug = models.SlugField(max_length=MAX_ID_LENGTH, primary_key=True)
    fingerprint = models.CharField(max_length=64)

    def __str__(self) -> str:
        return self.slug


# --- what learners do ------------------------------------------------------------------------------------------------


class Attempt(models.Model):
    """One answer to one question. Written by `progress/attempts.py` alone, which keeps the newest of each learner."""

    owner = models.CharField(max_length=100, editable=False)
    question = models.ForeignKey(Question, on_delete=models.CASCADE, related_name="attempts")
    number = models.PositiveIntegerField(help_text="1 for this learner's first at this question.")
    answer = models.JSONField()
    correct = models.BooleanField()
    when = models.DateTimeField()

    class Meta:
        ordering = ["-when"]
        constraints = [models.UniqueConstraint(fields=["owner", "question", "number"], name="attempt_numbered_once")]

    def __str__(self) -> str:
        return f"{self.owner}: {self.question_id}, attempt {self.number}"


class Standing(models.Model):
    """What the gradebook sorts and filters by: one learner's points in one module, and their last activity there.

    Made from the storage's records by `progress/standings.py` alone, since a storage elsewhere cannot be sorted. What
    the gradebook shows is the record itself.
    """

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    module_id = models.CharField(max_length=MAX_ID_LENGTH)
    points = models.PositiveIntegerField(default=0)
    active = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "module_id"], name="standing_once_a_module")]

    def __str__(self) -> str:
        return f"{self.user_id}: {self.module_id}"


class Learner(User):
    """An account as the gradebook sees it. Who may view learners sees it; who may change them may reset.

    `points` and `active` are annotated by `gradebook.with_standings`. `totals` is None where the storage did not
    answer.
    """

    points: int
    active: datetime | None
    totals: Totals | None = None

    class Meta:
        proxy = True
        ordering = ["username"]
        verbose_name = "learner"
        verbose_name_plural = "gradebook"
        default_permissions = ("view", "change")

    @property
    def owner(self) -> str:
        """The account's `Identity.owner`."""
        return f"user:{self.pk}"
