from collections.abc import Collection
from datetime import datetime

from supportbot.assistant.retention_rules import retention_rule

from .models import Ticket

MAX_LONE_TICKETS = 500  # that are deleted in one round


@retention_rule
def delete_old_tickets(conversations: Collection[int], before: datetime) -> Collection[int]:
    """A ticket that has ended goes with its conversation. One that has not, or did lately, keeps it."""
    rows = Ticket.objects.select_for_update(of=("self",), no_key=True)
    tickets = list(rows.filter(conversation__in=conversations).only("conversation", "status", "updated"))
    needed = {each.conversation_id for each in tickets if each.is_active or each.updated >= before}
    old = [each.pk for each in tickets if each.conversation_id not in needed]
    if not conversations:
        lone = rows.filter(conversation=None, status__in=Ticket.ENDED_STATUSES, updated__lt=before)
        old = list(lone.values_list("pk", flat=True)[:MAX_LONE_TICKETS])
    Ticket.objects.filter(pk__in=old).delete()
    return needed
