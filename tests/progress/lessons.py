"""A module for tests with a question of every kind, and its learners."""

from __future__ import annotations

import tomllib
from typing import Any
from uuid import uuid4

from django.contrib.auth.models import Permission, User
from django.test import Client

from playground.wire.identity import Identity
from progress import loading
from progress.catalogue import ModuleContent
from progress.models import Module
from progress.permissions import VIEW_LEARNERS, VIEW_MODULES
from progress.records import QuestionKey

ALICE, BOB = Identity("guest:alice"), Identity("guest:bob")
STAFF = Identity("user:0", permissions=frozenset({VIEW_LEARNERS, VIEW_MODULES}))

# Every secret has the word SECRET in it, so that a test can look for them wherever a learner may look.
LESSON = """
id = "shapes"
title = "Shapes of tables"
summary = "What is in a table."
order = 900

[[sections]]
id = "rows"
title = "Rows"
body = "A **row** is one example."

[[sections.questions]]
id = "one"
kind = "single"
prompt = "What is a row?"
points = 10
hints = ["SECRET-hint-1", "SECRET-hint-2"]
right = "SECRET-right"
wrong = "SECRET-wrong"
[[sections.questions.choices]]
id = "a"
text = "One example"
correct = true
feedback = "SECRET-feedback-a"
[[sections.questions.choices]]
id = "b"
text = "One column"
feedback = "SECRET-feedback-b"
[[sections.questions.choices]]
id = "c"
text = "One table"

[[sections.questions]]
id = "several"
kind = "several"
prompt = "Which are numbers?"
points = 20
[[sections.questions.choices]]
id = "a"
text = "1"
correct = true
[[sections.questions.choices]]
id = "b"
text = "two"
feedback = "SECRET-feedback-two"
[[sections.questions.choices]]
id = "c"
text = "3"
correct = true

[[sections]]
id = "scores"
title = "Scores"
body = "How right a model is."

[[sections.questions]]
id = "number"
kind = "number"
prompt = "141 of 150 are right. What is the accuracy?"
points = 30
answer = 0.94112358
tolerance = 0.00551357

[[sections.questions]]
id = "text"
kind = "text"
prompt = "What is it called when a model learns by heart?"
points = 40
accepted = ["SECRET overfitting", "over-fitting"]

[[sections.questions]]
id = "read"
kind = "done"
prompt = "Read the section."
points = 5

[[sections.questions]]
id = "lab"
kind = "lab"
prompt = "Train a small network on IRIS."
points = 50
hints = ["SECRET-hint-lab"]
[sections.questions.lab]
dataset = "IRIS"
metric = "accuracy"
at_least = 0.5
max_parameters = 1000
estimator = false
"""
LESSON_POINTS = 155
RIGHT: dict[str, Any] = {"one": "a", "several": ["c", "a"], "number": 0.94, "text": " Over-Fitting. "}
WRONG: dict[str, Any] = {"one": "b", "several": ["a", "b"], "number": 0.95, "text": "underfitting"}
SECTION_OF = {"one": "rows", "several": "rows"}
SECRETS = ("SECRET", "0.94112358", "0.00551357", "tolerance", "accepted", '"correct"', "over-fitting")


def build_lesson(**changes: Any) -> ModuleContent:
    return ModuleContent.model_validate(tomllib.loads(LESSON) | changes)


def load_lesson(**changes: Any) -> Module:
    """Load the lesson as a published module. Shipped modules are removed, so that their questions do not interfere."""
    lesson = build_lesson(**changes)
    loading.load([lesson])
    Module.objects.exclude(slug=lesson.id).update(status=Module.Status.DRAFT)
    return Module.objects.get(slug=lesson.id)


def key_of(question: str) -> QuestionKey:
    return QuestionKey("shapes", SECTION_OF.get(question, "scores"), question)


def wire_key(question: str) -> dict[str, str]:
    key = key_of(question)
    return {"moduleID": key.module_id, "sectionID": key.section_id, "questionID": key.question_id}


def new_user(*permissions: str, **fields: Any) -> User:
    user = User.objects.create_user(fields.pop("username", f"user{uuid4().hex[:8]}"), **fields)
    user.user_permissions.set(Permission.objects.filter(codename__in=permissions, content_type__app_label="progress"))
    return user


def client_of(user: User) -> Client:
    client = Client(headers={"host": "localhost"})
    client.force_login(user)
    return client
