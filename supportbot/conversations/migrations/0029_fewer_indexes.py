"""Drops what each message was written to and nothing was looked up by, since other indexes begin with the same column."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

# By Django's own names for the indexes of foreign keys: (index, table, column).
FOREIGN_KEY_INDEXES = [
    ("conversations_message_conversation_id_f1a2d5e9", "conversations_message", "conversation_id"),
    ("conversations_message_author_id_3d2a10d9", "conversations_message", "author_id"),
    ("conversations_conversation_user_id_c3e4e6ca", "conversations_conversation", "user_id"),
]


class Migration(migrations.Migration):
    dependencies = [
        ("conversations", "0028_taken_at"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RemoveIndex("message", "rate"),
        migrations.SeparateDatabaseAndState(
            # To alter the fields would copy both tables on SQLite.
            database_operations=[
                migrations.RunSQL(
                    f"DROP INDEX IF EXISTS {name}", f"CREATE INDEX IF NOT EXISTS {name} ON {table} ({column})"
                )
                for name, table, column in FOREIGN_KEY_INDEXES
            ],
            state_operations=[
                migrations.AlterField(
                    "conversation",
                    "user",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="conversations",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                migrations.AlterField(
                    "message",
                    "author",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        help_text="Who of the staff wrote it.",
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                migrations.AlterField(
                    "message",
                    "conversation",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="messages",
                        to="conversations.conversation",
                    ),
                ),
            ],
        ),
        migrations.AddIndex(
            "message",
            models.Index(
                fields=["author"], condition=models.Q(author__isnull=False), name="messages_of_author"
            ),
        ),
    ]
