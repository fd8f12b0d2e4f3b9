from collections.abc import Collection
from datetime import datetime

from django.db.models import Q, QuerySet

from supportbot.assistant.retention_rules import retention_rule

from .models import Ticket

MAX_LONE_TICKETS = 500  # that are deleted in one round


@retention_rule
def delete_old_tickets(conversations: Collection[int], before: datetime) -> Collection[int]:
    """A ticket that has ended goes with its conversation. One that has not, or did lately, keeps it.

    So does one that was merged into such a ticket, for the matter goes on there.
    """
    rows = Ticket.objects.select_for_update(of=("self",), no_key=True).order_by("pk")
    if not conversations:
        _delete_lone_tickets(rows, before)
        return ()
    columns = [f"{place}{name}" for place in ("", "merged_into__") for name in ("status", "updated")]
    here = rows.filter(conversation__in=conversations).select_related("merged_into")
    tickets = list(here.only("conversation", "merged_into", *columns))
    needed = {
        each.conversation_id
        for each in tickets
        for one in (each, each.merged_into)
        if one is not None and (one.is_active or one.updated >= before)
    }
    old = [each.pk for each in tickets if each.conversation_id not in needed]
    Ticket.objects.filter(pk__in=old).delete()
    return needed


def _delete_lone_tickets(rows: QuerySet[Ticket], before: datetime) -> None:
    ended = rows.filter(conversation=None, status__in=Ticket.ENDED_STATUSES, updated__lt=before)
    goes_on = Q(merged_into__status__in=Ticket.ACTIVE_STATUSES) | Q(merged_into__updated__gte=before)
    old = list(ended.exclude(goes_on).values_list("pk", flat=True)[:MAX_LONE_TICKETS])
    Ticket.objects.filter(pk__in=old).delete()
