"""Create the groups for staff after each migration. Administrators may change a group afterwards."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import Group, Permission

CATALOGUE = ("module", "section", "question", "choice")
ASSISTANTS = ("view_learner", *(f"view_{what}" for what in CATALOGUE))
TEACHERS = (
    *ASSISTANTS,
    "change_learner",
    *(f"{may}_{what}" for may in ("add", "change", "delete") for what in CATALOGUE),
)
ROLES = {"Teachers": TEACHERS, "Teaching assistants": ASSISTANTS}


def create_roles(**_: Any) -> None:
    """Create the groups. Receiver of `post_migrate`, after Django's own receiver that creates the permissions."""
    for name in ROLES.keys() - set(Group.objects.filter(name__in=ROLES).values_list("name", flat=True)):
        group = Group.objects.create(name=name)
        group.permissions.set(Permission.objects.filter(content_type__app_label="progress", codename__in=ROLES[name]))
