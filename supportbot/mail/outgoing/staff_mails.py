"""Mails to staff, to whoever wants to know: of a customer who waits, of a new ticket, of mails that were kept for them.

What is mailed by a job has a `message_id` of that job's.
"""

from typing import Any

from django.core.mail import EmailMessage
from django.db.models import Count, Max, Q
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from supportbot.conversations.answerers import find_answerers
from supportbot.conversations.models import Conversation
from supportbot.jobs.mail_jobs import build_id_header

from ..header_values import to_one_line
from ..models import IncomingMail, TicketNotice
from .sending import AUTOMATIC_HEADERS, build_address, can_send


def mail_waiting_alert(conversation_id: int | None, message_id: str = "") -> bool:
    """Mail each member of staff who may answer and wants to know; nobody, if somebody has taken it meanwhile.

    Whether somebody was mailed, which `note_waiting_alert` stores once the job ends.
    """
    waiting = Conversation.objects.select_related("user").filter(owner=Conversation.Owner.WAITING)
    conversation = waiting.filter(pk=conversation_id).first()
    if conversation is None:
        return False
    subject = _("%(customer)s is waiting for a person") % {"customer": conversation.customer_name}
    path = reverse("admin:conversations_conversation_change", args=[conversation.pk])
    context = {"conversation": conversation}
    return _mail_staff("waiting", subject, "mail/waiting.txt", message_id, path=path, **context)


def note_waiting_alert(conversation_id: int) -> None:
    Conversation.objects.filter(pk=conversation_id).update(alerted=timezone.now())


def mail_new_ticket(number: str, message_id: str = "") -> None:
    """Mail who wants to know of a new ticket; nobody, where staff are told already that its customer waits."""
    found = TicketNotice.objects.select_related("conversation__user").filter(number=number).first()
    if found is None or found.conversation.owner == Conversation.Owner.WAITING:
        return
    subject = _("New ticket %(number)s") % {"number": number}
    context = {"number": number, "conversation": found.conversation}
    _mail_staff("tickets", subject, "mail/new_ticket.txt", message_id, path=found.path, **context)


def mail_kept_alert(message_id: str = "") -> int:
    """Mail who wants to know that mails were kept for staff since they were told last; nobody, if all were handled.

    Returns the primary key of the newest of them, 0 if there is none.
    """
    waiting = IncomingMail.objects.filter(IncomingMail.NEEDS_STAFF)
    found = waiting.aggregate(count=Count("pk"), newest=Max("pk"))
    if kept := found["count"]:
        subject = ngettext("%(count)d e-mail must be looked at", "%(count)d e-mails must be looked at", kept)
        path = f"{reverse('admin:mail_incomingmail_changelist')}?open=1"
        _mail_staff("kept", subject % {"count": kept}, "mail/kept.txt", message_id, count=kept, path=path)
    return found["newest"] or 0


def _mail_staff(
    wish: str, subject: str, template: str, message_id: str, *, path: str, **context: Any
) -> bool:
    """Whether somebody was mailed. Raises OSError when the mail cannot be sent."""
    addresses = _list_staff_addresses(wish)
    if not addresses or not can_send():
        return False
    text = render_to_string(template, context | {"address": build_address(path) if path else ""})
    # One mail to all, so that a refused address does not have the others told again; nobody learns who else is told.
    headers = AUTOMATIC_HEADERS | build_id_header(message_id)
    EmailMessage(to_one_line(subject), text, None, bcc=addresses, headers=headers).send()
    return True


def _list_staff_addresses(wish: str) -> list[str]:
    """Of those who may answer customers and want this kind of mail, by the field of `MailPreference`."""
    wants_it = Q(mail_preference=None) | Q(**{f"mail_preference__{wish}": True})
    wanted = find_answerers().filter(wants_it).exclude(email="")
    return list(wanted.order_by("pk").values_list("email", flat=True))
