"""The field's terms for models and columns. The table of background jobs goes to the app `jobs`, with its rows."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("conversations", "0003_reservations"),
    ]

    operations = [
        migrations.RenameField("turn", "fence", "fencing_token"),
        migrations.RenameField("turn", "tries", "crash_count"),
        migrations.RenameField("conversation", "summary_until", "summarised_through"),
        migrations.AlterField(
            "turn",
            "fencing_token",
            models.PositiveIntegerField(
                default=0, help_text="Counts the leases on this turn; a write with an older one is refused."
            ),
        ),
        migrations.AlterField(
            "conversation",
            "summarised_through",
            models.PositiveBigIntegerField(help_text="The last turn that the summary covers.", null=True),
        ),
        migrations.RenameModel("Budget", "TokenBudget"),
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.AlterModelTable("errand", "jobs_job")],
            state_operations=[migrations.DeleteModel("Errand")],
        ),
    ]
