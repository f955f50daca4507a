"""The catalogue, what learners tried, and the ORM storage's table.

`Earned` is read and written by `progress/storage/orm.py` alone: elsewhere progress may be kept in another storage.
"""

from __future__ import annotations

from django.db import models

from progress.records import MAX_ID_LENGTH


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
