from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("conversations", "0015_mail"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="turn",
            index=models.Index(
                condition=models.Q(("state", "queued")), fields=["not_before"], name="queued_turns"
            ),
        ),
    ]
