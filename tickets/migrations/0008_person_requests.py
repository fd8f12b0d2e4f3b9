from django.db import migrations, models

ASKED = "The customer asks to talk to a person."
SEPARATOR = "\n\n"
TICKETS_A_STATEMENT = 200


def store_requests(apps, schema_editor):
    """Until now the customer's words were read out of the sentence in which staff read them."""
    Ticket = apps.get_model("tickets", "Ticket")
    changed = []
    for ticket in Ticket.objects.filter(issue__contains=ASKED).only("pk", "issue").iterator():
        parts = [part for part in ticket.issue.split(SEPARATOR) if part.startswith(ASKED)]
        ticket.person_requests = {part: _read_quote(part.removeprefix(ASKED).strip()) for part in parts}
        changed.append(ticket)
    Ticket.objects.bulk_update(changed, ["person_requests"], TICKETS_A_STATEMENT)


def _read_quote(rest):
    is_quote = rest.startswith("“") and rest.endswith("”")
    return rest.removeprefix("“").removesuffix("”") if is_quote else ""


class Migration(migrations.Migration):

    dependencies = [
        ('tickets', '0007_closing_of_old_tickets'),
    ]

    operations = [
        migrations.AddField(
            model_name='ticket',
            name='person_requests',
            field=models.JSONField(blank=True, default=dict, editable=False),
        ),
        migrations.RunPython(store_requests, migrations.RunPython.noop, elidable=True),
    ]
