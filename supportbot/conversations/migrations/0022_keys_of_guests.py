import secrets

from django.db import migrations

ROWS_A_STATEMENT = 200


def create_missing_keys(apps, schema_editor):
    """Guests to whom staff wrote first had no key, and so shared their limits: each conversation gets one of its own."""
    Conversation = apps.get_model("conversations", "Conversation")
    guests = list(Conversation.objects.filter(user=None, guest_key="").only("pk"))
    for guest in guests:
        guest.guest_key = f"mail:{secrets.token_hex(16)}"
    Conversation.objects.bulk_update(guests, ["guest_key"], batch_size=ROWS_A_STATEMENT)


class Migration(migrations.Migration):
    dependencies = [
        ("conversations", "0021_absence_told"),
    ]

    operations = [migrations.RunPython(create_missing_keys, migrations.RunPython.noop)]
