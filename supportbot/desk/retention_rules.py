from collections.abc import Collection
from datetime import datetime

from supportbot.assistant.retention_rules import retention_rule

from .models import Note


@retention_rule
def keep_lately_noted(conversations: Collection[int], before: datetime) -> Collection[int]:
    """A note of the team does not change what the customer's page shows, so it does not count as news there."""
    lately = Note.objects.filter(conversation__in=conversations, created__gte=before)
    return set(lately.values_list("conversation", flat=True))
