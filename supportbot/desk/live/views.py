"""What the page of a live conversation asks for besides its socket: may I, which rows, render."""

from django.http import Http404, JsonResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from supportbot.audit.recording import record_reading
from supportbot.conversations.models import Conversation
from supportbot.row_ids import parse_row_id

from ..rights import require_answerer, require_reader
from .colleagues import list_colleagues
from .facts import load_facts
from .mentions import list_mentionable
from .page import build_entries
from .saved_replies import list_replies


@require_safe
@require_answerer
def colleague_options(request):
    """Whom conversations can be given to, with who is here now, for the list that a page shows."""
    return render(request, "desk/live/_colleagues.html", {"colleagues": list_colleagues(request.user)})


@require_safe
@require_answerer
def list_mentionable_colleagues(request):
    """Whom a note can mention."""
    return JsonResponse({"colleagues": list_mentionable(request.user)})


@require_safe
@require_reader
def earlier_turns(request, pk):
    """Older turns of a conversation, to go above those that the page shows."""
    conversation = get_object_or_404(Conversation, pk=pk)
    before = parse_row_id(request.GET.get("before", ""))
    if before is None:
        raise Http404
    record_reading(request.user, pk)
    context = build_entries(conversation, before) | {
        "conversation": conversation,
        "staff_id": request.user.pk,
    }
    return render(request, "desk/live/_entries.html", context)


@require_safe
@require_reader
def saved_replies(request, pk):
    """The saved replies, filled in for this conversation's customer, and for the ticket that the page is about."""
    facts = load_facts.run_sync(pk)
    if facts is None:
        raise Http404
    reference = request.GET.get("reference", "") or facts.ticket
    return JsonResponse({"replies": list_replies(request.user, facts, reference)})
