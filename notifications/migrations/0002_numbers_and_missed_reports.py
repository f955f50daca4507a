import django.db.models.functions.text
from django.db import migrations, models


def number_messages(apps, schema_editor):
    messages = apps.get_model("notifications", "EmailMessage").objects
    for number, pk in enumerate(messages.order_by("created", "pk").values_list("pk", flat=True), start=1):
        messages.filter(pk=pk).update(number=number)


class Migration(migrations.Migration):

    dependencies = [("notifications", "0001_initial")]

    operations = [
        migrations.CreateModel(
            name='ReportMark',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('until', models.DateTimeField()),
            ],
        ),
        migrations.AddField(
            model_name='emailmessage',
            name='own_words',
            field=models.BooleanField(default=True, help_text='It may quote the sender, down to the name of the run.'),
        ),
        migrations.AddField(
            model_name='emailmessage',
            name='number',
            field=models.PositiveBigIntegerField(editable=False, null=True),
        ),
        migrations.RunPython(number_messages, migrations.RunPython.noop),
        migrations.AlterField(
            model_name='emailmessage',
            name='number',
            field=models.PositiveBigIntegerField(editable=False, help_text='Of the outbox, counted up.', unique=True),
        ),
        migrations.AddIndex(
            model_name='emailmessage',
            index=models.Index(fields=['user', '-created'], name='mail_by_user'),
        ),
        migrations.AddIndex(
            model_name='emailmessage',
            index=models.Index(django.db.models.functions.text.Lower('recipient'), models.OrderBy(models.F('created'), descending=True), name='mail_by_recipient'),
        ),
    ]
