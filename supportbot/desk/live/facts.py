"""What staff should know of a customer while they talk to them."""

from dataclasses import dataclass
from typing import Any

from django.db.models import Count, OuterRef, Prefetch, Q, Subquery, Value
from django.db.models.functions import Coalesce

from supportbot.audit.models import AuditEvent
from supportbot.conversations.models import Conversation, Rating
from supportbot.server.executors import on_database_thread

MAX_RATINGS = 5


@dataclass(frozen=True)
class Facts:
    """The conversation, the number of the customer's other ones, and the ticket that it led to, if there is one.

    The conversation's `given_ratings` are the newest ones.
    """

    conversation: Any
    other_count: int
    ticket: str


@on_database_thread()
def load_facts(conversation_id: int) -> Facts | None:
    """Two queries. None if there is no such conversation."""
    given = Rating.objects.filter_given().order_by("-pk")[:MAX_RATINGS]
    rows = Conversation.objects.select_related("user", "assignee")
    rows = rows.prefetch_related(Prefetch("ratings", given, to_attr="given_ratings"))
    row: Any = rows.annotate(ticket=_find_ticket(), others=_count_others()).filter(pk=conversation_id).first()
    return None if row is None else Facts(row, row.others, row.ticket)


def _find_ticket() -> Coalesce:
    """The reference that the customer was given when asking for a person."""
    asked = AuditEvent.objects.filter(conversation_id=OuterRef("pk"), action="person_requested")
    return Coalesce(Subquery(asked.exclude(subject="").values("subject")[:1]), Value(""))


def _count_others() -> Coalesce:
    """An account's other conversations; a guest's are known by the browser alone."""
    others = Conversation.objects.filter(~Q(pk=OuterRef("pk")), user=OuterRef("user")).non_empty()
    counted = others.order_by().values("user").annotate(count=Count("pk")).values("count")
    return Coalesce(Subquery(counted), Value(0))
