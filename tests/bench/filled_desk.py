"""Fills supportbot's database as a year of a shop's chats would, for what staff see of it.

    python -m tests.bench.filled_desk --conversations 100000 --messages 10 --waiting 50

Run with the environment of the server that is to use the database. Prints as JSON the cookies of the members of staff
that it made: an agent, a lead and an administrator.
"""

import argparse
import json
from collections.abc import Iterable, Iterator
from datetime import timedelta
from itertools import islice
from typing import Any

import django
from django.apps import apps
from django.contrib.auth import get_user_model
from django.db import connection
from django.utils import timezone

from .copied_rows import copy_rows
from .filled_database import BATCH, sign_in
from .texts import ANSWER, QUESTION

FIRST_NAMES = ("Anna", "Ben", "Carla", "Dilan", "Emma", "Femi", "Greta", "Hugo", "Ines", "Jonas", "Kira")
LAST_NAMES = ("Adler", "Brown", "Costa", "Duarte", "Evans", "Fischer", "Garcia", "Huber", "Ito", "Jansen")
# A customer writes some times a year; of those without an account one in ten says where to be reached.
CONVERSATIONS_OF_A_CUSTOMER, NAMED_GUEST, CLOSED = 5, 10, 6
CONVERSATIONS_A_TICKET, CONVERSATIONS_AN_ORDER = 5, 4
MINUTES_BETWEEN = 5  # so that a hundred thousand conversations are a year's
# More conversations than these are copies of the first ones.
BLOCK, COPIES = 5_000, 20
COPIED = (
    "conversations.Conversation",
    "conversations.Turn",
    "conversations.Message",
    "usage.ModelRequest",
    "tickets.Ticket",
    "orders.Order",
    "audit.AuditEvent",
)


def get_model(name: str) -> Any:
    return apps.get_model(name)


def split(rows: Iterable[Any], size: int) -> Iterator[list[Any]]:
    rest = iter(rows)
    while batch := list(islice(rest, size)):
        yield batch


def fill_in_batches(model: Any, rows: Iterable[Any]) -> None:
    for batch in split(rows, 20 * BATCH):
        model.objects.bulk_create(batch)


def name_customer(number: int) -> tuple[str, str, str]:
    """First name, last name and e-mail address."""
    first, last = FIRST_NAMES[number % len(FIRST_NAMES)], LAST_NAMES[number // 7 % len(LAST_NAMES)]
    return first, last, f"{first}.{last}{number}@example.com".lower()


def add_customers(count: int) -> list[int]:
    user = get_user_model()
    customers = []
    for number in range(count):
        first, last, email = name_customer(number)
        customers.append(
            user(username=f"customer{number}", first_name=first, last_name=last, email=email, password="!")
        )
    fill_in_batches(user, customers)
    return list(user.objects.order_by("pk").values_list("pk", flat=True))


def build_conversation(number: int, total: int, customers: list[int], messages: int, staff: Any) -> Any:
    at = timezone.now() - timedelta(minutes=MINUTES_BETWEEN * (total - number))
    owner: dict[str, Any] = {"guest_key": f"guest-{number}"}
    if number % 2:
        owner = {"user_id": customers[number % len(customers)]}
    elif number % NAMED_GUEST == 0:
        first, last, email = name_customer(number)
        owner |= {"contact_name": f"{first} {last}", "contact_email": email}
    if number % CLOSED == 0:
        owner |= {"owner": "closed", "assignee": staff}
    title = f"Where is order {number}? I ordered a kettle"
    model = get_model("conversations.Conversation")
    return model(title=title, last_seq=messages, revision=messages // 2, created=at, updated=at, **owner)


def add_conversations(count: int, total: int, messages: int, customers: list[int], staff: Any) -> None:
    """Conversations, the oldest of `total` ones, with what came of them."""
    conversations = [build_conversation(number, total, customers, messages, staff) for number in range(count)]
    fill_in_batches(get_model("conversations.Conversation"), conversations)
    for batch in split(conversations, BATCH):
        add_turns(batch, messages)
    ticket, order, event = map(get_model, COPIED[-3:])
    fill_in_batches(ticket, (_build_ticket(ticket, chat) for chat in conversations[::CONVERSATIONS_A_TICKET]))
    fill_in_batches(order, (_build_order(order, chat) for chat in conversations[::CONVERSATIONS_AN_ORDER]))
    fill_in_batches(event, (_build_event(event, chat, staff) for chat in conversations))


def add_turns(conversations: list[Any], messages: int) -> None:
    """A question and an answer in every turn, for which a model was asked once."""
    turn, message = get_model("conversations.Turn"), get_model("conversations.Message")
    request = get_model("usage.ModelRequest")
    turns = turn.objects.bulk_create(
        turn(conversation=chat, state="done", revision=number, created=chat.created)
        for chat in conversations
        for number in range(messages // 2)
    )
    message.objects.bulk_create(
        message(
            conversation_id=each.conversation_id,
            turn=each,
            seq=2 * each.revision + place,
            role=role,
            text=text,
            created=each.created,
        )
        for each in turns
        for place, (role, text) in enumerate([("customer", QUESTION), ("assistant", ANSWER)], start=1)
    )
    request.objects.bulk_create(
        request(
            conversation_id=each.conversation_id,
            turn=each,
            purpose="answer",
            backend="chat",
            model="grok",
            input=1000,
            output=100,
            created=each.created,
        )
        for each in turns
    )


def choose_present(waiting: int, staff: Any) -> None:
    """Of the newest conversations so many wait for a person, and as many have one."""
    rows = get_model("conversations.Conversation").objects
    newest = list(rows.order_by("-pk").values_list("pk", flat=True)[: 2 * waiting])
    rows.filter(pk__in=newest[:waiting]).update(owner="waiting", waiting_since=timezone.now())
    rows.filter(pk__in=newest[waiting:]).update(owner="human", assignee=staff)


def _build_ticket(ticket: Any, chat: Any) -> Any:
    status = ("closed", "resolved", "closed", "closed", "pending", "open")[chat.pk % 6]
    return ticket(
        number=f"TKT-{chat.pk:08}",
        issue=f"The kettle of order {chat.pk} has not arrived.",
        status=status,
        customer_id=chat.user_id,
        conversation=chat,
        created=chat.created,
    )


def _build_order(order: Any, chat: Any) -> Any:
    first, last, email = name_customer(chat.pk)
    return order(
        number=f"ORD-{chat.pk}",
        key=f"ORD{chat.pk}",
        name=f"{first} {last}",
        email=email,
        customer_id=chat.user_id,
        ordered_at=chat.created,
    )


def _build_event(event: Any, chat: Any, staff: Any) -> Any:
    return event(
        action="read_transcript",
        actor="staff",
        actor_id=staff.pk,
        actor_name=staff.username,
        conversation_id=chat.pk,
        created=chat.created,
    )


def add_staff() -> dict[str, Any]:
    # Not before Django knows the settings.
    from supportbot.conversations.staff_group import ensure_staff_groups

    groups = ensure_staff_groups()
    users: Any = get_user_model().objects
    agent, lead = (users.create_user(name, is_staff=True) for name in ("agent", "lead"))
    for user, group in zip((agent, lead), groups, strict=True):
        user.groups.add(group)
    return {"agent": agent, "lead": lead, "administrator": users.create_superuser("administrator")}


def main() -> None:
    parser = argparse.ArgumentParser(description="Fills supportbot's database with what staff look through.")
    parser.add_argument("--conversations", type=int, default=100_000)
    parser.add_argument("--messages", type=int, default=10, help="Messages in each of them.")
    parser.add_argument("--waiting", type=int, default=50, help="How many wait, and how many have a person.")
    options = parser.parse_args()
    django.setup()
    block = options.conversations if options.conversations <= BLOCK else options.conversations // COPIES
    customers = add_customers(max(1, block // CONVERSATIONS_OF_A_CUSTOMER))
    staff = add_staff()
    add_conversations(block, options.conversations, options.messages, customers, staff["agent"])
    if block < options.conversations:
        copied = [get_user_model(), *map(get_model, COPIED)]
        copy_rows(copied, COPIES - 1, 60 * MINUTES_BETWEEN * block)
    choose_present(options.waiting, staff["agent"])
    if connection.vendor == "postgresql":
        # As autovacuum does by itself where it is switched on.
        with connection.cursor() as cursor:
            cursor.execute("VACUUM ANALYZE")
    print(json.dumps({"staff": {name: sign_in(user) for name, user in staff.items()}}))


if __name__ == "__main__":
    main()
