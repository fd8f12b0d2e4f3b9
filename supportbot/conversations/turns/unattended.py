"""A conversation whose person may no longer answer, such as one who has left the shop: it waits for another person.

It does as soon as its customer waits for an answer: when they write to somebody who may not, and within half a minute
where they had written before.
"""

from typing import Any

from django.db import transaction
from django.db.models import OuterRef, Q, QuerySet, Subquery

from supportbot.audit.models import AuditEvent
from supportbot.compiled_queries import CompiledRows
from supportbot.server.executors import on_database_thread

from ..answerers import find_answerers
from ..models import Conversation, Message
from .changes import TurnChange, build_change
from .event_turns import add_notice
from .ownership import save_owner, start_waiting
from .reachability import has_lost_person

Owner = Conversation.Owner

MAX_CONVERSATIONS_PER_SWEEP = 20


def _query_unattended() -> QuerySet[Conversation, Any]:
    messages = Message.objects.filter(conversation=OuterRef("pk"), role__in=Message.PEOPLE)
    lost = Q(assignee=None) | ~Q(assignee__in=find_answerers().order_by().values("pk"))
    found = Conversation.objects.filter(lost, owner=Owner.HUMAN).annotate(
        last_role=Subquery(messages.order_by("-seq").values("role")[:1])
    )
    waits = found.filter(last_role=Message.Role.CUSTOMER).order_by("updated")
    return waits.values_list("pk")[:MAX_CONVERSATIONS_PER_SWEEP]


UNATTENDED = CompiledRows(Conversation, [], _query_unattended)


@on_database_thread(repeat=True)
def find_unattended_conversations() -> list[int]:
    """Those whose customer spoke last, to somebody who may no longer answer."""
    return [pk for (pk,) in UNATTENDED.fetch_rows()]


@on_database_thread(repeat=True)
@transaction.atomic
def wait_for_another_person(conversation_id: int) -> TurnChange:
    """Have it wait for a person again, and tell the customer what happens now."""
    conversation = Conversation.objects.lock(conversation_id)
    if not has_lost_person(conversation):
        return build_change(conversation, (), with_owner=True)
    sentence = start_waiting(conversation, actor=AuditEvent.Actor.SYSTEM)
    told = add_notice(conversation, sentence)
    save_owner(conversation)
    return build_change(conversation, [told], with_owner=True, notifies_desk=True)
