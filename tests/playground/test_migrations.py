"""Migrations that move rows between apps keep what existing databases contain."""

from __future__ import annotations

from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.test import TransactionTestCase

BEFORE = [("notifications", "0005_address_of_counted_mail"), ("playground", "0002_closed_accounts")]
FIXED = [("contenttypes", "0002_remove_content_type_name"), ("auth", "0012_alter_user_first_name_max_length")]
AFTER = [("notifications", "0006_move_user_settings"), ("playground", "0003_user_settings")]


def migrate(targets: list[tuple[str, str]]):
    """Migrate to these migrations and return the models at that state."""
    executor = MigrationExecutor(connection)
    executor.migrate(targets)
    return executor.loader.project_state([*targets, *FIXED]).apps


class UserSettingsMigrationTests(TransactionTestCase):
    def setUp(self) -> None:
        self.addCleanup(self.migrate_to_newest)

    def migrate_to_newest(self) -> None:
        executor = MigrationExecutor(connection)
        executor.migrate(executor.loader.graph.leaf_nodes())

    def test_settings_and_permissions_move_with_their_table(self):
        apps = migrate(BEFORE)
        user = apps.get_model("auth", "User").objects.create(username="ada", email="ada@example.org")
        old = apps.get_model("notifications", "UserSettings").objects.create(
            owner=f"user:{user.pk}", user_id=user.pk, email="ada@example.org", theme="dark", display_name="Ada",
            pending_email="new@example.org", pending_key="key", notify_when_finished=True, beginner_mode=False,
        )  # fmt: skip
        types = apps.get_model("contenttypes", "ContentType").objects
        types.filter(model="usersettings").delete()
        content_type = types.create(app_label="notifications", model="usersettings")
        permission = apps.get_model("auth", "Permission").objects.create(
            codename="view_usersettings", name="Can view user settings", content_type=content_type
        )
        group = apps.get_model("auth", "Group").objects.create(name="assistants")
        group.permissions.add(permission)

        apps = migrate(AFTER)
        new = apps.get_model("playground", "UserSettings").objects.get()
        for field in new._meta.concrete_fields:
            self.assertEqual(getattr(new, field.attname), getattr(old, field.attname), field.name)
        member = apps.get_model("auth", "User").objects.create(username="bob")
        member.groups.add(group.pk)
        granted = apps.get_model("auth", "Permission").objects.filter(group__user=member)
        self.assertEqual(
            [(each.content_type.app_label, each.codename) for each in granted], [("playground", "view_usersettings")]
        )

        apps = migrate(BEFORE)
        self.assertEqual(apps.get_model("notifications", "UserSettings").objects.get().display_name, "Ada")
