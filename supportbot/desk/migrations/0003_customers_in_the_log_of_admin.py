"""The log of admin calls conversations and mails by their numbers, and so customers whose accounts are gone."""

from django.conf import settings
from django.db import migrations
from django.db.models import CharField, F, Value
from django.db.models.functions import Cast, Concat


def call_by_number(entries, noun):
    entries.update(object_repr=Concat(Value(f"{noun} "), F("object_id"), output_field=CharField()))


def blank_customers(apps, schema_editor):
    entries = apps.get_model("admin", "LogEntry").objects.all()
    accounts = apps.get_model(*settings.AUTH_USER_MODEL.split(".")).objects.annotate(key=Cast("pk", CharField()))
    call_by_number(entries.filter(content_type__app_label="conversations", content_type__model="conversation"), "Conversation")
    call_by_number(entries.filter(content_type__app_label="mail", content_type__model="incomingmail"), "Mail")
    of_accounts = entries.filter(content_type__app_label="auth", content_type__model="user")
    call_by_number(of_accounts.exclude(object_id__in=accounts.values("key")), "Account")


class Migration(migrations.Migration):
    dependencies = [
        ("desk", "0002_owners_of_shared_replies"),
        ("admin", "0003_logentry_add_action_flag_choices"),
        ("contenttypes", "0002_remove_content_type_name"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [migrations.RunPython(blank_customers, migrations.RunPython.noop)]
