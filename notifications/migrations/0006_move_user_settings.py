"""Hand UserSettings over to the app `playground`. The table stays where it is, with its rows."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [("notifications", "0005_address_of_counted_mail")]

    operations = [
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.DeleteModel(name="UserSettings"),
                migrations.AlterField(
                    model_name="emailmessage",
                    name="worked_by",
                    field=models.CharField(blank=True, help_text="The worker that holds the lease.", max_length=100),
                ),
                migrations.AlterField(
                    model_name="emailmessage",
                    name="lease_until",
                    field=models.DateTimeField(
                        blank=True, help_text="When another worker may claim the message.", null=True
                    ),
                ),
            ]
        ),
    ]
