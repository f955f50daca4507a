"""Accounts, groups and user settings in the admin.

Only superusers give permissions, and only they change accounts that have permissions.
"""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin, UserAdmin
from django.contrib.auth.models import Group, User
from django.db.models import QuerySet
from django.http import HttpRequest

from playground.account_data.deletion import delete_account
from playground.model_admin import GuardedModelAdmin, OwnedModelAdmin
from playground.models import UserSettings

RIGHTS = ("is_active", "is_staff", "is_superuser", "groups", "user_permissions")

admin.site.unregister([User, Group])


@admin.register(User)
class AccountAdmin(GuardedModelAdmin, UserAdmin):
    """Accounts. The permission to change users alone changes those of learners, and gives nobody a right.

    To change the password or the address of an account is to take it over. So staff accounts are for superusers.
    """

    allowed_lookups = (
        "is_staff__exact", "is_superuser__exact", "is_active__exact", "groups__id__exact", "groups__isnull",
    )  # fmt: skip

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_change_permission(request, obj) and may_manage(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_delete_permission(request, obj) and may_manage(request, obj)

    def delete_model(self, request: HttpRequest, obj: User) -> None:
        delete_account(obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        for account in queryset:
            delete_account(account)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        fields = super().get_readonly_fields(request, obj)
        return fields if request.user.is_superuser else (*fields, *RIGHTS)


@admin.register(Group)
class RoleAdmin(GuardedModelAdmin, GroupAdmin):
    """Groups and their permissions. Only superusers change them: a group gives rights to all its members."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return request.user.is_superuser

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.is_superuser

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.is_superuser


@admin.register(UserSettings)
class UserSettingsAdmin(OwnedModelAdmin):
    """Settings of accounts and guests, read-only."""

    list_display = ("__str__", "owner_name", "email", "pending_email", "notify_when_finished", "theme", "beginner_mode")
    list_filter = ("notify_when_finished", "theme", "beginner_mode")
    allowed_lookups = ("notify_when_finished__exact", "theme__exact", "beginner_mode__exact")
    search_fields = ("display_name", "email", "user__username")
    fields = (
        "owner_name", "display_name", "email", "pending_email", "notify_when_finished", "theme", "beginner_mode",
        "updated",
    )  # fmt: skip


def may_manage(request: HttpRequest, account: User | None) -> bool:
    """Return whether the user may change this account. None stands for accounts in general."""
    return request.user.is_superuser or account is None or not (account.is_staff or account.is_superuser)
