from django.db import migrations

from supportbot.audit.triggers import create_replace_trigger


class Migration(migrations.Migration):

    dependencies = [
        ('audit', '0005_names_for_staff'),
    ]

    operations = [
        migrations.RunPython(
            lambda apps, schema_editor: create_replace_trigger(schema_editor.connection),
            migrations.RunPython.noop,
        ),
    ]
