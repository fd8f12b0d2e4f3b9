"""`Request` is `ModelRequest`, so that nobody takes it for an HTTP request. Rights that were given to people follow."""

from django.db import migrations

ACTIONS = ("add", "change", "delete", "view")


def rename_permissions(apps, old: str, new: str) -> None:
    permissions = apps.get_model("auth", "Permission").objects.filter(content_type__app_label="usage")
    for action in ACTIONS:
        permissions.filter(codename=f"{action}_{old}").update(codename=f"{action}_{new}")


def rename_forward(apps, schema_editor):
    rename_permissions(apps, "request", "modelrequest")


def rename_back(apps, schema_editor):
    rename_permissions(apps, "modelrequest", "request")


class Migration(migrations.Migration):
    dependencies = [
        ("usage", "0001_initial"),
        ("auth", "0012_alter_user_first_name_max_length"),
    ]

    operations = [
        migrations.RenameModel("Request", "ModelRequest"),
        migrations.RunPython(rename_forward, rename_back),
    ]
