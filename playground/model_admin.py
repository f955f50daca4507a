"""Base classes of all model admins. They refuse parameters that the class does not list.

Django filters a change list by any look-up of the model that the address names. A role that may see a list could so
read columns that the list does not show, one comparison at a time, and a regular expression could stop the database.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, ClassVar

from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.views.main import ORDER_VAR, SEARCH_VAR
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import DatabaseError, models
from django.http import HttpRequest, HttpResponse

MAX_SEARCH_LENGTH = 200  # characters of a search or a filter
MAX_SEARCH_WORDS = 10  # words of a search

MAX_REPEATS = 20
"""Values of one parameter. SQLite refuses expressions of more than 1,000 alternatives."""
ORDER = re.compile(r"-?[0-9]{1,3}(\.-?[0-9]{1,3}){0,19}")
"""Columns to sort by. SQLite refuses more than 2,000."""


class GuardedModelAdmin(admin.ModelAdmin):
    """A model admin that filters by listed look-ups alone, in bounded time, and answers bad parameters with a page."""

    allowed_lookups: ClassVar[tuple[str, ...]] = ()
    """Parameters that may filter the change list, spelled as in the address: `status__exact`. No regular expressions.

    They must contain the parameters of each entry of `list_filter` and `date_hierarchy`.
    """
    search_fields_by_permission: ClassVar[dict[str, tuple[str, ...]]] = {}
    """More `search_fields`, for roles that may see these columns: `{"auth.view_user": ("user__email",)}`."""

    def lookup_allowed(self, lookup: str, value: Any, request: HttpRequest) -> bool:
        """Return whether the address may filter by `lookup`. Everything else is answered by status 400."""
        return lookup in self.allowed_lookups

    def to_field_allowed(self, request: HttpRequest, to_field: str) -> bool:
        """Return whether the address may name an object by this column: only by the primary key."""
        return to_field == self.opts.pk.name

    def get_search_fields(self, request: HttpRequest) -> tuple[str, ...]:
        """Return the columns that a search compares: those that this user sees in the admin."""
        more = (fields for name, fields in self.search_fields_by_permission.items() if request.user.has_perm(name))
        return (*self.search_fields, *(field for fields in more for field in fields))

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        """Return the change list. Raise IncorrectLookupParameters for parameters that the database cannot take.

        Such are dates outside the database's range and numbers that are too large. Django finds them when it counts
        the rows, outside its own handling of errors.
        """
        complaint = find_refusal(request)
        if complaint:
            self.message_user(request, complaint, messages.ERROR)
            raise IncorrectLookupParameters(complaint)
        try:
            return super().get_changelist_instance(request)
        except (OverflowError, ValueError, DatabaseError) as error:
            if not request.GET:
                raise  # the parameters are not the reason
            raise IncorrectLookupParameters(error) from error

    def response_action(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse | None:
        """Run an action. Selected keys that cannot be keys of this model are refused before."""
        try:
            self._check_keys(request.POST.getlist(ACTION_CHECKBOX_NAME))
        except ValidationError:
            self.message_user(request, "The selection is not valid. Select rows of the list.", messages.ERROR)
            return None
        return super().response_action(request, *args, **kwargs)

    def _get_list_editable_queryset(self, request: HttpRequest, prefix: str) -> models.QuerySet[Any]:
        """Return the rows that are edited in the list. Raise PermissionDenied for keys that cannot be keys."""
        try:
            self._check_keys(self._get_edited_object_pks(request, prefix))
        except ValidationError:
            raise PermissionDenied from None
        return super()._get_list_editable_queryset(request, prefix)

    def _check_keys(self, keys: Sequence[str]) -> None:
        """Raise ValidationError where a key has the wrong form, or is outside the range of the column."""
        for key in keys:
            self.opts.pk.run_validators(self.opts.pk.to_python(key))


class ReadOnlyModelAdmin(GuardedModelAdmin):
    """Read-only rows: they cannot be added or changed."""

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class OwnedModelAdmin(ReadOnlyModelAdmin):
    """Read-only rows that belong to an account or a guest."""

    list_select_related = ("user",)

    @admin.display(description="owner", ordering="user")
    def owner_name(self, row: Any) -> str:
        """Return the name of the account, or "guest"."""
        return row.user.get_username() if row.user else "guest"


def find_refusal(request: HttpRequest) -> str | None:
    """Return why these parameters of a change list are refused, or None."""
    for name, values in request.GET.lists():
        if any("\x00" in text for text in (name, *values)):
            return "The address contains a NUL character. Remove it."
        if len(values) > MAX_REPEATS:
            return f"The address repeats “{name[:50]}” too often. Choose one value."
        if name != SEARCH_VAR and any(len(value) > MAX_SEARCH_LENGTH for value in values):
            return f"The value of “{name[:50]}” is too long. Choose one of the filters beside the list."
    search = request.GET.get(SEARCH_VAR, "")
    if len(search) > MAX_SEARCH_LENGTH:
        return f"Search for at most {MAX_SEARCH_LENGTH} characters."
    if len(search.split()) > MAX_SEARCH_WORDS:
        return f"Search for at most {MAX_SEARCH_WORDS} words."
    order = request.GET.get(ORDER_VAR)
    if order and not ORDER.fullmatch(order):
        return "The list cannot be sorted like this. Click on the title of a column."
    return None
