from django.conf import settings
from django.db import migrations, models

KINDS = [
    ("message", "asked for"),
    ("report", "report of a finished run"),
    ("confirmation", "confirmation of an address"),
    ("reset", "link for a new password"),
]


def join_addresses(apps, schema_editor):
    """Make the confirmed address that of the account, where a forgotten password is replaced."""
    users = apps.get_model(settings.AUTH_USER_MODEL).objects
    confirmed = apps.get_model("notifications", "UserSettings").objects.exclude(user=None).exclude(email="")
    for user_id, email in confirmed.values_list("user_id", "email"):
        users.filter(pk=user_id).exclude(email=email).update(email=email)


def forget_links(apps, schema_editor):
    """Empty the mails that held a link: from now on it is made when they are delivered."""
    messages = apps.get_model("notifications", "EmailMessage").objects
    messages.filter(kind="confirmation").update(subject="", body_text="", own_words=False)


class Migration(migrations.Migration):

    dependencies = [
        ("notifications", "0003_no_report_mark"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="CountedMail",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.PositiveBigIntegerField(unique=True)),
                ("mailbox", models.CharField(help_text="Keyed hash of the mailbox.", max_length=64)),
                ("kind", models.CharField(choices=KINDS, max_length=12)),
                ("to_stranger", models.BooleanField(help_text="The sender had not confirmed the address.")),
                ("created", models.DateTimeField(auto_now_add=True)),
            ],
            options={
                "indexes": [
                    models.Index(fields=["mailbox", "-created"], name="counted_by_mailbox"),
                    models.Index(fields=["-created"], name="counted_by_time"),
                ],
            },
        ),
        migrations.RemoveIndex(model_name="emailmessage", name="mail_by_recipient"),
        migrations.RemoveField(model_name="emailmessage", name="number"),
        migrations.AddField(
            model_name="emailmessage",
            name="is_counted",
            field=models.BooleanField(default=True, editable=False, help_text="It has a row in CountedMail."),
        ),
        migrations.AlterField(
            model_name="emailmessage",
            name="kind",
            field=models.CharField(choices=KINDS, default="message", max_length=12),
        ),
        migrations.RunPython(join_addresses, migrations.RunPython.noop),
        migrations.RunPython(forget_links, migrations.RunPython.noop),
    ]
