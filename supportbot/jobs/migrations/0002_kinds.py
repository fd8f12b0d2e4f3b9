"""The field's terms for a job's columns, and the kinds that an app registers in place of three names known to the queue."""

import django.db.models.deletion
from django.db import migrations, models
from django.db.models import F, Value
from django.db.models.functions import Concat

RENAMED_KINDS = {"forget": "delete_from_provider", "alert": "send_outage_alert"}
QUESTION_KIND = "ask_question"


def set_kinds(apps, schema_editor):
    """What is neither of the two is a question: its name goes before the key."""
    jobs = apps.get_model("jobs", "Job").objects.using(schema_editor.connection.alias)
    jobs.exclude(kind__in=RENAMED_KINDS).update(
        key=Concat(F("kind"), Value(":"), F("key")), kind=QUESTION_KIND
    )
    for old, new in RENAMED_KINDS.items():
        jobs.filter(kind=old).update(kind=new)


def restore_names(apps, schema_editor):
    jobs = apps.get_model("jobs", "Job").objects.using(schema_editor.connection.alias)
    for old, new in RENAMED_KINDS.items():
        jobs.filter(kind=new).update(kind=old)
    for job in jobs.filter(kind=QUESTION_KIND):
        job.kind, _, job.key = job.key.partition(":")
        job.save(update_fields=["kind", "key"])


class Migration(migrations.Migration):
    dependencies = [
        ("jobs", "0001_initial"),
    ]

    operations = [
        migrations.RemoveConstraint("job", "one_errand_a_key"),
        migrations.RenameField("job", "name", "kind"),
        migrations.RenameField("job", "due", "run_after"),
        migrations.RenameField("job", "tries", "attempts"),
        migrations.RenameField("job", "until", "last_turn"),
        migrations.AlterField(
            "job",
            "kind",
            models.CharField(help_text="The name of a function that is decorated with @job.", max_length=40),
        ),
        migrations.AlterField(
            "job",
            "key",
            models.CharField(help_text="What it is about. A kind has a key once.", max_length=350),
        ),
        migrations.AlterField(
            "job",
            "conversation",
            models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="jobs",
                to="conversations.conversation",
            ),
        ),
        migrations.RunPython(set_kinds, restore_names),
        migrations.AddConstraint(
            "job", models.UniqueConstraint(fields=("kind", "key"), name="one_job_a_key")
        ),
    ]
