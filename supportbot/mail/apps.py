from datetime import timedelta

from django.apps import AppConfig
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

# In which one more ticket, or an address that a guest gives, comes into the same mail.
TICKET_MAIL_DELAY = timedelta(minutes=1)


class MailConfig(AppConfig):
    name = "supportbot.mail"
    label = "mail"
    verbose_name = _("Mail")

    def ready(self) -> None:
        from . import checks  # noqa: F401 - it registers them

    def announce_ticket(self, number: str, conversation: int, path: str = "") -> None:
        """Have staff and the customer told by mail of a new ticket, once for each number.

        For apps that open tickets; call it in the transaction in which one is opened. `path` is the ticket's page for
        staff. A guest who has given no address yet is told as soon as one is given.
        """
        from supportbot.jobs.queue import enqueue

        from .jobs import send_ticket_alert, send_ticket_numbers
        from .models import TicketNotice
        from .outgoing.sending import can_send

        if not can_send():
            return
        known = {"conversation_id": conversation, "path": path}
        TicketNotice.objects.get_or_create(number=number, defaults=known)
        due = timezone.now() + TICKET_MAIL_DELAY
        enqueue(send_ticket_alert.name, number, conversation_id=conversation, run_after=due)
        enqueue(send_ticket_numbers.name, number, conversation_id=conversation, run_after=due)
