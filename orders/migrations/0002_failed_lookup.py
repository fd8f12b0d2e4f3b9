"""`LookupMiss` is `FailedLookup`, with all its rows. Rights that were given to people follow."""

from django.db import migrations

ACTIONS = ("add", "change", "delete", "view")


def rename_permissions(apps, schema_editor, old, new):
    """Rename the rights to a model. `old` and `new` are its name in a codename and its name in words."""
    permissions = apps.get_model("auth", "Permission").objects.using(schema_editor.connection.alias)
    for action in ACTIONS:
        known = permissions.filter(content_type__app_label="orders", codename=f"{action}_{old[0]}")
        known.update(codename=f"{action}_{new[0]}", name=f"Can {action} {new[1]}")


def rename_forward(apps, schema_editor):
    rename_permissions(apps, schema_editor, ("lookupmiss", "lookup miss"), ("failedlookup", "failed lookup"))


def rename_back(apps, schema_editor):
    rename_permissions(apps, schema_editor, ("failedlookup", "failed lookup"), ("lookupmiss", "lookup miss"))


class Migration(migrations.Migration):
    dependencies = [
        ("orders", "0001_initial"),
        ("auth", "0012_alter_user_first_name_max_length"),
    ]

    operations = [
        migrations.RenameModel("LookupMiss", "FailedLookup"),
        migrations.RenameIndex(
            "failedlookup",
            new_name="failed_lookups_of_visitor",
            old_name="orders_look_visitor_251561_idx",
        ),
        migrations.RunPython(rename_forward, rename_back),
    ]
