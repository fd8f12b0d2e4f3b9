"""Tickets of guests get the name and the e-mail address that were given in their conversation."""

from django.db import migrations
from django.db.models import OuterRef, Subquery


def copy_contacts(apps, schema_editor):
    tickets = apps.get_model("tickets", "Ticket").objects.filter(customer=None)
    contacts = apps.get_model("conversations", "Conversation").objects.filter(pk=OuterRef("conversation"))
    tickets.exclude(conversation=None).update(
        guest_name=Subquery(contacts.values("contact_name")[:1]),
        guest_email=Subquery(contacts.values("contact_email")[:1]),
    )


class Migration(migrations.Migration):
    dependencies = [
        ("conversations", "0014_limits"),
        ("tickets", "0004_tickets_that_end"),
    ]

    operations = [migrations.RunPython(copy_contacts, migrations.RunPython.noop)]
