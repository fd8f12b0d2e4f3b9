"""Indexes for what staff search and filter conversations by. Those of Django's accounts are made by hand."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from supportbot.prefix_index import PrefixIndex

ACCOUNT_INDEXES = [
    PrefixIndex(fields=[field], name=f"accounts_by_{field}")
    for field in ("username", "email", "first_name", "last_name")
]


def add_account_indexes(apps, schema_editor):
    for index in ACCOUNT_INDEXES:
        schema_editor.add_index(apps.get_model(settings.AUTH_USER_MODEL), index)


def remove_account_indexes(apps, schema_editor):
    for index in ACCOUNT_INDEXES:
        schema_editor.remove_index(apps.get_model(settings.AUTH_USER_MODEL), index)


class Migration(migrations.Migration):
    dependencies = [
        ("auth", "0012_alter_user_first_name_max_length"),
        ("conversations", "0012_marks"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AlterField(
            model_name="conversation",
            name="assignee",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                help_text="Who of the staff has it, or had it when it was closed.",
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="assigned_conversations",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.RemoveIndex(model_name="conversation", name="conversatio_updated_8fa27f_idx"),
        migrations.AddIndex(
            model_name="conversation",
            index=models.Index(fields=["-updated", "last_seq"], name="conversations_by_age"),
        ),
        migrations.AddIndex(
            model_name="conversation",
            index=models.Index(
                condition=models.Q(("assignee__isnull", False)),
                fields=["assignee", "-updated"],
                name="assigned_conversations",
            ),
        ),
        migrations.AddIndex(
            model_name="conversation",
            index=PrefixIndex(
                condition=models.Q(("contact_name", ""), _negated=True),
                fields=["contact_name"],
                name="conversations_by_name",
            ),
        ),
        migrations.AddIndex(
            model_name="conversation",
            index=PrefixIndex(
                condition=models.Q(("contact_email", ""), _negated=True),
                fields=["contact_email"],
                name="conversations_by_email",
            ),
        ),
        migrations.RunPython(add_account_indexes, remove_account_indexes),
    ]
