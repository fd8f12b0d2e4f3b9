from importlib import import_module

from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [
        ("orders", "0010_phone_keys"),
    ]

    operations = [
        # Set anew: of a short number all that stands behind the country's code is compared.
        migrations.RunPython(
            import_module("orders.migrations.0010_phone_keys").fill_phone_keys, migrations.RunPython.noop
        ),
    ]
