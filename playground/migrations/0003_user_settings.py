"""Take UserSettings over from the app `notifications`, with its table, content type and permissions."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


def move_content_type(apps, schema_editor):
    """Keep the permissions that groups and accounts have, and the entries of the admin's log."""
    _move(apps, "notifications", "playground")


def move_content_type_back(apps, schema_editor):
    _move(apps, "playground", "notifications")


def _move(apps, old, new):
    types = apps.get_model("contenttypes", "ContentType").objects
    if not types.filter(app_label=new, model="usersettings").exists():
        types.filter(app_label=old, model="usersettings").update(app_label=new)


class Migration(migrations.Migration):

    dependencies = [
        ("playground", "0002_closed_accounts"),
        ("notifications", "0006_move_user_settings"),
        ("contenttypes", "0002_remove_content_type_name"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.CreateModel(
                    name="UserSettings",
                    fields=[
                        ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                        ("owner", models.CharField(editable=False, max_length=100, unique=True)),
                        ("display_name", models.CharField(blank=True, max_length=60)),
                        ("email", models.CharField(blank=True, help_text="Confirmed.", max_length=254)),
                        ("pending_email", models.CharField(blank=True, help_text="Given, and not confirmed yet.", max_length=254)),
                        ("pending_key", models.CharField(blank=True, editable=False, help_text="Of the newest link.", max_length=40)),
                        ("notify_when_finished", models.BooleanField(default=False)),
                        ("theme", models.CharField(choices=[("system", "system"), ("light", "light"), ("dark", "dark")], default="system", max_length=6)),
                        ("beginner_mode", models.BooleanField(default=True)),
                        ("updated", models.DateTimeField(auto_now=True)),
                        ("user", models.ForeignKey(blank=True, editable=False, null=True, on_delete=django.db.models.deletion.CASCADE, to=settings.AUTH_USER_MODEL)),
                    ],
                    options={
                        "verbose_name_plural": "user settings",
                        "db_table": "notifications_usersettings",
                        "ordering": ["pk"],
                    },
                ),
            ],
        ),
        migrations.RunPython(move_content_type, move_content_type_back),
    ]
