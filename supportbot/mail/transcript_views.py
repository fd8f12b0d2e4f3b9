"""The page on which a customer has the conversation sent by mail, to their own address."""

import secrets

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from supportbot.conversations.limits.rate_limits import RequestRefused
from supportbot.conversations.models import Conversation
from supportbot.conversations.web.views import require_own_conversation
from supportbot.jobs.queue import enqueue

from .jobs import send_transcript
from .outgoing.customer_mails import check_transcript_request


@require_http_methods(["GET", "HEAD", "POST"])
@require_own_conversation
def mail_transcript(request: HttpRequest, conversation: Conversation) -> HttpResponse:
    """Say where it would be sent, or why it is not; a POST has it sent."""
    if conversation.pk is None:  # nothing was said yet
        return redirect(conversation)
    context = {"conversation": conversation, "refusal": "", "is_sent": False}
    try:
        _take_request(conversation, is_press=request.method == "POST")
        context["is_sent"] = request.method == "POST"
    except RequestRefused as refusal:
        context["refusal"] = str(refusal)
    is_refused = request.method == "POST" and context["refusal"]
    return render(request, "mail/transcript_request.html", context, status=422 if is_refused else 200)


@transaction.atomic
def _take_request(conversation: Conversation, *, is_press: bool) -> None:
    """Raises `RequestRefused`. Of presses that come before the mail is sent, one counts."""
    check_transcript_request(conversation)
    if is_press and not conversation.jobs.filter(kind=send_transcript.name).exists():
        key = f"{conversation.pk}:{secrets.token_hex(8)}"
        enqueue(send_transcript.name, key, conversation_id=conversation.pk)
