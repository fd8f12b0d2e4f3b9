"""`Request` is `ModelRequest`, so that nobody takes it for an HTTP request. Rights that were given to people follow."""

from django.db import migrations

ACTIONS = ("add", "change", "delete", "view")


def rename_permissions(apps, schema_editor, old, new):
    """Rename the rights to a model. `old` and `new` are its name in a codename and its name in words."""
    permissions = apps.get_model("auth", "Permission").objects.using(schema_editor.connection.alias)
    for action in ACTIONS:
        known = permissions.filter(content_type__app_label="usage", codename=f"{action}_{old[0]}")
        known.update(codename=f"{action}_{new[0]}", name=f"Can {action} {new[1]}")


def rename_forward(apps, schema_editor):
    rename_permissions(apps, schema_editor, ("request", "request"), ("modelrequest", "model request"))


def rename_back(apps, schema_editor):
    rename_permissions(apps, schema_editor, ("modelrequest", "model request"), ("request", "request"))


class Migration(migrations.Migration):
    dependencies = [
        ("usage", "0001_initial"),
        ("auth", "0012_alter_user_first_name_max_length"),
    ]

    operations = [
        migrations.RenameModel("Request", "ModelRequest"),
        migrations.RunPython(rename_forward, rename_back),
    ]
