from django.db import migrations

from orders.contacts import shorten_phone

ROWS_AT_ONCE = 2000


def fill_phone_keys(apps, schema_editor):
    """Set anew what look-ups by telephone go by: extensions are no part of it any more."""
    orders = apps.get_model("orders", "Order").objects.using(schema_editor.connection.alias)
    rows = []
    for order in orders.exclude(phone="").only("phone", "phone_key").iterator(ROWS_AT_ONCE):
        phone_key = shorten_phone(order.phone)
        if phone_key == order.phone_key:
            continue
        order.phone_key = phone_key
        rows.append(order)
        if len(rows) == ROWS_AT_ONCE:
            orders.bulk_update(rows, ["phone_key"], ROWS_AT_ONCE // 4)
            rows = []
    orders.bulk_update(rows, ["phone_key"], ROWS_AT_ONCE // 4)


class Migration(migrations.Migration):

    dependencies = [
        ("orders", "0009_live_order_by_id"),
    ]

    operations = [
        migrations.RunPython(fill_phone_keys, migrations.RunPython.noop),
    ]
