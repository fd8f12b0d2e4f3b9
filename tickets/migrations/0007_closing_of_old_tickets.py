from datetime import timedelta

from django.conf import settings
from django.db import migrations
from django.db.models import F

JOB_KIND = "close_resolved_ticket"
JOBS_A_STATEMENT = 200


def plan_closing(apps, schema_editor):
    """What was resolved before tickets closed by themselves closes as others do: some days after it was resolved."""
    Ticket, Job = apps.get_model("tickets", "Ticket"), apps.get_model("jobs", "Job")
    resolved = Ticket.objects.filter(status="resolved")
    resolved.filter(resolved=None).update(resolved=F("updated"))
    days = timedelta(days=settings.ENVIRONMENT.ticket_close_days)
    if not days:
        return
    jobs = (
        Job(kind=JOB_KIND, key=number, run_after=moment + days)
        for number, moment in resolved.values_list("number", "resolved")
    )
    Job.objects.bulk_create(jobs, batch_size=JOBS_A_STATEMENT, ignore_conflicts=True)


class Migration(migrations.Migration):

    dependencies = [
        ('tickets', '0006_numbers'),
        ('jobs', '0002_kinds'),
    ]

    operations = [migrations.RunPython(plan_closing, migrations.RunPython.noop)]
