"""The table of background jobs as the app `conversations` left it: `conversations.0004` gave it its new name."""

import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("conversations", "0004_field_terms"),
    ]

    operations = [
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.CreateModel(
                    name="Job",
                    fields=[
                        ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                        ("name", models.CharField(max_length=40)),
                        ("key", models.CharField(help_text="What it is about.", max_length=300)),
                        ("due", models.DateTimeField(db_index=True, default=django.utils.timezone.now)),
                        ("tries", models.PositiveSmallIntegerField(default=0)),
                        ("created", models.DateTimeField(default=django.utils.timezone.now)),
                        ("conversation", models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name="errands", to="conversations.conversation")),
                        ("until", models.ForeignKey(help_text="The last turn that it is about.", null=True, on_delete=django.db.models.deletion.CASCADE, to="conversations.turn")),
                        ("reservation", models.JSONField(default=dict, help_text="The tokens set aside for it: of whom, and when.")),
                    ],
                    options={
                        "constraints": [models.UniqueConstraint(fields=("name", "key"), name="one_errand_a_key")],
                    },
                ),
            ],
        ),
    ]
