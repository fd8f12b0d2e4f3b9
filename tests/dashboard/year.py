"""A year of a shop: 10,000 conversations and what came of them, the same each time, made in some seconds."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib.auth.models import User

from supportbot.audit.models import AuditEvent
from supportbot.conversations.models import Conversation, Rating, Turn
from supportbot.usage.models import ModelRequest
from tickets.models import StatusChange, Ticket

CONVERSATIONS = 10_000
# The dashboard is looked at in the last hours of the year that was made, on a day of work.
NOW = datetime(2026, 11, 27, 14, 30, tzinfo=UTC)
BEGIN = NOW - timedelta(days=365)
CODES = ("down", "busy", "stalled", "cut", "empty", "something_new")
MODELS = ("grok-4", "grok-mini", "")
BATCH = 2_000
BERLIN = ZoneInfo("Europe/Berlin")


@dataclass
class Year:
    staff: Any
    customers: list[Any]


class Maker:
    """Makes the rows in memory, in an order that depends on nothing but the seed."""

    def __init__(self, staff: User, customers: list[User]) -> None:
        self.random = Random(13)
        self.staff, self.customers = staff, customers
        self.turns: list[Turn] = []
        self.requests: list[ModelRequest] = []
        self.events: list[AuditEvent] = []
        self.tickets: list[Ticket] = []
        self.changes: list[StatusChange] = []
        self.ratings: list[Rating] = []

    def build_conversations(self) -> list[Conversation]:
        moments = sorted(self.random.random() for _ in range(CONVERSATIONS))
        return [
            self._build_conversation(place, BEGIN + timedelta(days=365 * at))
            for place, at in enumerate(moments)
        ]

    def _build_conversation(self, place: int, began: datetime) -> Conversation:
        """One in fifty has nothing said in it, which is no conversation. One in thirty begins at midnight in Berlin."""
        if place % 30 == 0:
            midnight = began.astimezone(BERLIN).replace(hour=0, minute=0, second=0, microsecond=0)
            began = midnight.astimezone(UTC)
        whose: dict[str, Any] = {"guest_key": f"guest-{place}"}
        if place % 2:
            whose = {"user": self.customers[place % len(self.customers)]}
        updated = min(NOW, began + timedelta(minutes=self.random.randint(1, 600)))
        said = 0 if place % 50 == 49 else 2
        whose["owner"] = "closed" if place % 7 == 3 else "bot"
        return Conversation(title=f"Kettle {place}", created=began, updated=updated, last_seq=said, **whose)

    def add_outcome(self, chat: Conversation) -> None:
        if not chat.last_seq:
            return
        draw = self.random.random
        self._add_requests(chat)
        if draw() < 0.06:
            state = "interrupted" if draw() < 0.2 else "failed"
            error = "interrupted" if state == "interrupted" else self.random.choice(CODES)
            self.turns.append(Turn(conversation=chat, state=state, error=error, created=chat.created))
        elif draw() < 0.05:
            self.turns.append(Turn(conversation=chat, state="stopped", created=chat.created))
        if draw() < 0.08:
            self._add_event("returned", chat, chat.updated + timedelta(days=draw() * 6))
        if draw() < 0.2:
            self._add_handover(chat)
        if draw() < 0.2:
            self._add_rating(chat)

    def _add_requests(self, chat: Conversation) -> None:
        for number in range(1 + self.random.randint(0, 1)):
            cost = None if self.random.random() < 0.2 else Decimal(self.random.randint(1, 10**6)).scaleb(-8)
            self.requests.append(
                ModelRequest(
                    conversation=chat,
                    purpose="answer",
                    backend="chat",
                    model=self.random.choice(MODELS),
                    input=self.random.randint(100, 5000),
                    output=self.random.randint(1, 500),
                    cost=cost,
                    created=chat.created + timedelta(minutes=number),
                )
            )

    def _add_handover(self, chat: Conversation) -> None:
        """A customer asks; mostly somebody comes, and mostly there is a ticket. Some give up."""
        draw = self.random.random
        asked = chat.created + timedelta(minutes=2)
        self._add_event("person_requested", chat, asked)
        if draw() < 0.15:
            self._add_event("request_cancelled", chat, asked + timedelta(minutes=5))
            if draw() < 0.5:
                self._add_event("took_over", chat, asked + timedelta(minutes=9))
        else:
            came = asked + timedelta(seconds=self.random.randint(5, 40_000))
            self._add_event("took_over", chat, came)
            if draw() < 0.1:
                self._add_event("assigned", chat, came + timedelta(minutes=3))
        if draw() < 0.9:
            self._add_ticket(chat, asked)

    def _add_ticket(self, chat: Conversation, opened: datetime) -> None:
        draw = self.random.random
        ticket = Ticket(
            number=f"TKT-{len(self.tickets):08}",
            issue="The kettle leaks",
            conversation=chat,
            customer_id=chat.user_id,
            created=opened,
            category=self.random.choice(["", *Ticket.Category.values]),
        )
        if draw() < 0.9:
            ticket.first_response, ticket.status = opened + timedelta(hours=30 * draw()), "pending"
        if draw() < 0.8:
            self._add_end(ticket, opened + timedelta(hours=100 * draw()))
        self.tickets.append(ticket)

    def _add_end(self, ticket: Ticket, at: datetime) -> None:
        draw = self.random.random
        actor = "customer" if draw() < 0.4 else "staff"
        ticket.resolution, ticket.resolved = actor, at
        ticket.status = "closed" if actor == "customer" else "resolved"
        self._add_change(ticket, "pending", ticket.status, actor, at)
        if draw() < 0.2:
            again = at + timedelta(days=14 * draw())  # not all of them within the week
            self._add_change(ticket, ticket.status, "open", "customer", again)
            ticket.status, ticket.resolution, ticket.resolved = "open", "", None
        elif ticket.status == "resolved":
            said = draw()
            closed_by = "customer" if said < 0.2 else "system"
            self._add_change(ticket, "resolved", "closed", closed_by, at + timedelta(days=3))
            ticket.status = "closed"
            # Some say so when it is closed already.
            ticket.resolution = "customer" if said < 0.3 else ticket.resolution

    def _add_rating(self, chat: Conversation) -> None:
        """One in four was asked and did not say."""
        given = self.random.random() < 0.75
        words = "=HYPERLINK(1)" if self.random.random() < 0.3 else ""
        self.ratings.append(
            Rating(
                conversation=chat,
                handler=self.random.choice(Rating.Handler.values),
                is_good=self.random.random() < 0.7 if given else None,
                rated=chat.updated + timedelta(minutes=1) if given else None,
                words=words if given else "",
            )
        )

    def _add_change(self, ticket: Ticket, old: str, new: str, actor: str, at: datetime) -> None:
        self.changes.append(StatusChange(ticket=ticket, old=old, new=new, actor=actor, created=at))

    def _add_event(self, action: str, chat: Conversation, at: datetime) -> None:
        actor = "staff" if action in ("took_over", "assigned") else "customer"
        self.events.append(
            AuditEvent(action=action, actor=actor, actor_name="Agent", conversation_id=chat.pk, created=at)
        )


def make_year() -> Year:
    staff = User.objects.create_user("lead-of-the-year", is_staff=True)
    customers = User.objects.bulk_create(
        User(username=f"customer{place}", password="!", email=f"c{place}@example.com") for place in range(500)
    )
    maker = Maker(staff, customers)
    conversations = Conversation.objects.bulk_create(maker.build_conversations(), BATCH)
    for chat in conversations:
        maker.add_outcome(chat)
    rows: tuple[tuple[Any, Iterable[Any]], ...] = (
        (Turn, maker.turns),
        (ModelRequest, maker.requests),
        (AuditEvent, maker.events),
        (Ticket, maker.tickets),
        (StatusChange, maker.changes),
        (Rating, maker.ratings),
    )
    for model, made in rows:
        model.objects.bulk_create(made, BATCH)
    return Year(staff, customers)
