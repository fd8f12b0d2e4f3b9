"""The database itself refuses to change or delete a row of the audit log."""

from django.db import migrations

from supportbot.audit.triggers import create_triggers, drop_triggers


class Migration(migrations.Migration):
    dependencies = [
        ("audit", "0001_initial"),
    ]

    operations = [
        migrations.RunPython(
            lambda apps, schema_editor: create_triggers(schema_editor.connection),
            lambda apps, schema_editor: drop_triggers(schema_editor.connection),
        ),
    ]
