"""Mails that are sent in the background: to staff of a customer who waits, to a customer who left before the answer."""

from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.mail import EmailMessage, send_mail
from django.db.models import Q
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from supportbot.conversations.models import Conversation, Message
from supportbot.conversations.realtime.socket_sessions import MODEL_BACKEND
from supportbot.jobs.registry import ClaimedJob, job
from supportbot.server.executors import run_in_tool_thread

from .access_codes import mail_code

MAX_ATTEMPTS = 60  # over two days: somebody was promised to be told
MAX_CODE_ATTEMPTS = 6  # over ten minutes, for which somebody waits who looks at the page


@job(max_attempts=MAX_ATTEMPTS)
async def send_waiting_alert(claimed: ClaimedJob) -> None:
    """Tell staff of a customer who waits for a person. Raises OSError when the mail cannot be sent."""
    await run_in_tool_thread(mail_waiting_alert, claimed.conversation_id)


@job(max_attempts=MAX_ATTEMPTS)
async def send_unread_reply(claimed: ClaimedJob) -> None:
    """Mail a customer who has left what staff have answered. Raises OSError when the mail cannot be sent."""
    await run_in_tool_thread(mail_unread_reply, claimed.conversation_id, claimed.last_turn_id)


@job(max_attempts=MAX_CODE_ATTEMPTS)
async def send_access_code(claimed: ClaimedJob) -> None:
    """Mail a guest the code they asked for. Raises OSError when the mail cannot be sent."""
    await run_in_tool_thread(mail_code, int(claimed.key))


def mail_waiting_alert(conversation_id: int | None) -> None:
    """Mail each member of staff who may answer and wants to know; nobody, if somebody has taken it meanwhile."""
    waiting = Conversation.objects.select_related("user").filter(owner=Conversation.Owner.WAITING)
    conversation = waiting.filter(pk=conversation_id).first()
    addresses = _list_staff_addresses()
    if conversation is None or not addresses or not settings.ENVIRONMENT.smtp_url:
        return
    context = {
        "conversation": conversation,
        "address": _build_address(reverse("admin:conversations_conversation_change", args=[conversation.pk])),
    }
    subject = _("%(customer)s is waiting for a person") % {"customer": conversation.customer_name}
    text = render_to_string("mail/waiting.txt", context)
    # One mail to all, so that a refused address does not have the others told again; nobody learns who else is told.
    EmailMessage(_one_line(subject), text, None, bcc=addresses).send()
    Conversation.objects.filter(pk=conversation.pk).update(alerted=timezone.now())


def mail_unread_reply(conversation_id: int | None, turn_id: int | None) -> None:
    """Mail in one message all that staff have written since the customer was last seen.

    `turn_id` is of the reply that this is about; a job of a version before jobs knew it has None. If staff have
    written another one since, its own job sends them all.
    """
    conversation = Conversation.objects.select_related("user").filter(pk=conversation_id).first()
    if conversation is None or not conversation.reply_email or not settings.ENVIRONMENT.smtp_url:
        return  # without SMTP_URL Django would print the customer's conversation into the log
    replies = Message.objects.filter(conversation=conversation, role=Message.Role.STAFF)
    if conversation.customer_last_seen:
        replies = replies.filter(created__gt=conversation.customer_last_seen)
    if conversation.replies_mailed_until:
        replies = replies.filter(created__gt=conversation.replies_mailed_until)
    unread = list(replies.order_by("pk"))
    if not unread or turn_id not in (None, unread[-1].turn_id):
        return
    context = {
        "conversation": conversation,
        "replies": unread,
        "company": settings.COMPANY_NAME,
        "address": _build_address(_get_customer_path(conversation)),
    }
    subject = _("%(company)s support has answered you") % {"company": settings.COMPANY_NAME}
    text = render_to_string("mail/unread_reply.txt", context)
    send_mail(_one_line(subject), text, None, [conversation.reply_email])
    Conversation.objects.filter(pk=conversation.pk).update(replies_mailed_until=unread[-1].created)


def _get_customer_path(conversation: Conversation) -> str:
    """A guest may read the mail on another device, where the conversation opens with a code."""
    name = "conversation" if conversation.user_id else "continue"
    return reverse(name, args=[conversation.public_id])


def _list_staff_addresses() -> list[str]:
    wants_it = Q(mail_preference=None) | Q(mail_preference__waiting=True)
    users: Any = get_user_model().objects
    answerers = users.with_perm("conversations.change_conversation", backend=MODEL_BACKEND)
    wanted = answerers.filter(wants_it, is_staff=True).exclude(email="")
    return list(wanted.order_by("pk").values_list("email", flat=True))


def _build_address(path: str) -> str:
    """The whole address of a page, empty where SITE_URL does not say where the site is."""
    site: str = settings.ENVIRONMENT.site_url
    return f"{site.rstrip('/')}{path}" if site else ""


def _one_line(text: str) -> str:
    return " ".join(text.split())
