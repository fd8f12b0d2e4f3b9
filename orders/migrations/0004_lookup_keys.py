from django.conf import settings
from django.db import migrations, models

from orders.numbers import normalise_number, shorten_number

ROWS_AT_ONCE = 2000


def fill_keys(apps, schema_editor):
    """Set what look-ups go by of the orders that are there."""
    orders = apps.get_model("orders", "Order").objects.using(schema_editor.connection.alias)
    rows = []
    for order in orders.only("number", "tracking").iterator(ROWS_AT_ONCE):
        order.short_key = shorten_number(order.number)
        order.tracking_key = normalise_number(order.tracking)[:200]
        rows.append(order)
        if len(rows) == ROWS_AT_ONCE:
            orders.bulk_update(rows, ["short_key", "tracking_key"], ROWS_AT_ONCE // 4)
            rows = []
    orders.bulk_update(rows, ["short_key", "tracking_key"], ROWS_AT_ONCE // 4)


class Migration(migrations.Migration):

    dependencies = [
        ('orders', '0003_names_for_staff'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name='order',
            name='phone',
            field=models.CharField(blank=True, help_text='A guest may know it in place of the e-mail.', max_length=40, verbose_name='telephone'),
        ),
        migrations.AddField(
            model_name='order',
            name='phone_key',
            field=models.CharField(default='', editable=False, max_length=20),
        ),
        migrations.AddField(
            model_name='order',
            name='short_key',
            field=models.CharField(default='', editable=False, max_length=40),
        ),
        migrations.AddField(
            model_name='order',
            name='tracking_key',
            field=models.CharField(default='', editable=False, max_length=200),
        ),
        migrations.RunPython(fill_keys, migrations.RunPython.noop),
        migrations.AddIndex(
            model_name='order',
            index=models.Index(fields=['short_key'], name='orders_by_short_key'),
        ),
        migrations.AddIndex(
            model_name='order',
            index=models.Index(fields=['tracking_key'], name='orders_by_tracking'),
        ),
        migrations.AddIndex(
            model_name='order',
            index=models.Index(fields=['phone_key'], name='orders_by_phone'),
        ),
    ]
