"""The admin's site: every model admin in it is guarded, and it has no pages that the project does not use."""

from __future__ import annotations

from typing import Any

from django.contrib.admin import AdminSite, ModelAdmin
from django.contrib.admin.apps import AdminConfig

UNUSED = {"autocomplete", "view_on_site"}
"""Names of Django's pages that take a model's name and a key of it from the address. No admin of ours uses them."""


class GuardedAdminSite(AdminSite):
    """A site whose model admins all are `GuardedModelAdmin`s. Django's own and those of libraries become such."""

    def register(self, model_or_iterable: Any, admin_class: Any = None, **options: Any) -> None:
        """Register models. An admin that is not guarded gets the guard in front, and then allows no look-up."""
        from playground.model_admin import GuardedModelAdmin  # which needs the applications

        admin_class = admin_class or ModelAdmin
        if not issubclass(admin_class, GuardedModelAdmin):
            admin_class = type(f"Guarded{admin_class.__name__}", (GuardedModelAdmin, admin_class), {})
        super().register(model_or_iterable, admin_class, **options)

    def get_urls(self) -> list[Any]:
        """Return the URL patterns of the admin, without the pages that the project does not use."""
        return [each for each in super().get_urls() if getattr(each, "name", None) not in UNUSED]


class GuardedAdminConfig(AdminConfig):
    """Django's admin with our site. Named in `INSTALLED_APPS`."""

    default_site = "playground.admin_site.GuardedAdminSite"
