"""Tags as staff write them: words with commas between them."""

from collections.abc import Iterable

from django.db import transaction

from .actors import Actor
from .audit import record_ticket_event
from .models import Tag, Ticket


def parse_tags(written: str) -> list[str]:
    """The names, in small letters, each once and in the order of the alphabet."""
    names = (" ".join(name.split()).casefold() for name in written.split(","))
    return sorted({name for name in names if name})


def list_tags(ticket: Ticket) -> list[str]:
    return sorted(tag.name for tag in ticket.tags.all()) if ticket.pk else []


@transaction.atomic
def set_tags(ticket: Ticket, names: Iterable[str], actor: Actor) -> None:
    """Give a ticket that the caller has locked these tags and no others. New words become tags."""
    old, new = set(list_tags(ticket)), set(names)
    if old == new:
        return
    ticket.tags.set([Tag.objects.get_or_create(name=name)[0] for name in sorted(new)])
    described = [", ".join(sorted(old)), ", ".join(sorted(new))]
    record_ticket_event("ticket_changed", ticket, actor, changes={"tags": described})
