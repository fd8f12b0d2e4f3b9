from django.db import migrations

from supportbot.prefix_index import PrefixIndex


class Migration(migrations.Migration):
    dependencies = [
        ("audit", "0002_append_only"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="auditevent",
            index=PrefixIndex(fields=["actor_name"], name="events_by_actor_name"),
        ),
        migrations.AddIndex(
            model_name="auditevent",
            index=PrefixIndex(fields=["subject"], name="events_by_subject"),
        ),
    ]
