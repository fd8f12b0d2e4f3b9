"""Questions about tickets."""

from contextlib import suppress
from datetime import timedelta
from typing import Any

from django.apps import apps
from django.conf import settings
from django.db import IntegrityError, models, transaction
from django.utils import timezone

from ..people import find_team
from .numbers import NUMBER_DRAWS


def build_unassigned_condition() -> models.Q:
    """What nobody has. What somebody has who is no longer on the team is nobody's."""
    return ~models.Q(assignee__in=find_team().order_by().values("pk"))


class TicketQuerySet(models.QuerySet[Any]):
    def visible_to(self, customer_id: int | None, conversation_id: int) -> "TicketQuerySet":
        """A customer's own tickets and those of this conversation; a guest sees only the latter."""
        here = models.Q(conversation=conversation_id)
        return self.filter(here | models.Q(customer=customer_id) if customer_id else here)

    def opened_last_day(self) -> "TicketQuerySet":
        """Tickets of the last 24 hours."""
        return self.filter(created__gt=timezone.now() - timedelta(days=1))

    def opened_from_network_of(self, conversation_id: int) -> "TicketQuerySet":
        """Tickets of the last hour that guests opened from the network of this conversation's guest.

        None for a conversation of an account, or of which the network is not known.
        """
        conversations: Any = apps.get_app_config("conversations")
        network = conversations.find_guest_network(conversation_id)
        if not network:
            return self.none()
        hour_ago = timezone.now() - timedelta(hours=1)
        return self.filter(conversation__address_key=network, customer=None, created__gt=hour_ago)

    def may_open_from_network_of(self, conversation_id: int) -> bool:
        """Whether guests have not opened too many tickets from there in this hour."""
        limit = settings.ENVIRONMENT.address_tickets_per_hour
        return not limit or self.opened_from_network_of(conversation_id).count() < limit

    def find_open_duplicate(self, conversation_id: int, issue: str) -> Any:
        """The conversation's active ticket about the same issue, whatever its case and punctuation.

        Of one that was merged it is the one in which the matter goes on.
        """
        is_active = models.Q(merged_into=None, status__in=self.model.ACTIVE_STATUSES)
        goes_on = models.Q(merged_into__status__in=self.model.ACTIVE_STATUSES)
        here = self.filter(is_active | goes_on, conversation=conversation_id).select_related("merged_into")
        return next((ticket.merged_into or ticket for ticket in here if ticket.has_issue(issue)), None)

    def get_or_create_for_request(self, request: str, **fields: Any) -> tuple[Any, bool]:
        """The ticket of this request, and whether it was created now.

        When two processes call it at once for the same request, a constraint lets one of them create the ticket and
        the other one finds it. A number that another ticket has is drawn again, `NUMBER_DRAWS` times at most; then
        it raises IntegrityError.
        """
        for _draw in range(NUMBER_DRAWS):
            with suppress(IntegrityError), transaction.atomic():
                return self.create(request=request, **fields), True
            if request and (known := self.filter(request=request).first()):
                return known, False
        return self.create(request=request, **fields), True

    def filter_active(self) -> "TicketQuerySet":
        """Those that somebody still has to do with: open, or pending."""
        return self.filter(status__in=self.model.ACTIVE_STATUSES)

    def lock_ticket(self, pk: int) -> Any:
        """The ticket, which nobody else changes until this transaction ends."""
        return self.select_for_update(of=("self",), no_key=True).get(pk=pk)
