"""The live page of one conversation, as it is when it is opened; the socket goes on from there."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils.translation import gettext as _

from supportbot.audit.recording import record_reading
from supportbot.conversations.models import Conversation
from supportbot.conversations.turns.changes import describe_owner
from supportbot.conversations.web.script_data import script_limits, script_texts

from ..rights import can_answer, can_assign
from ..script_texts import build_conversation_texts
from .colleagues import list_colleagues
from .facts import Facts
from .mentions import has_unread_mention
from .notes import choose_notes_among, find_notes, merge_in_time_order


def render_conversation(request: HttpRequest, facts: Facts, admin_context: dict[str, Any]) -> HttpResponse:
    """The page. That somebody of the staff reads the transcript is recorded."""
    context = build_live_context(request, facts) | {
        "title": facts.conversation.title_or_number,
        "requests": list(facts.conversation.requests.order_by("pk")),
    }
    return render(request, "desk/live/page.html", admin_context | context)


def render_live_part(request: HttpRequest, facts: Facts, reference: str) -> str:
    """The live conversation alone, for a page of another app that is about it. The reading of it is recorded too."""
    context = build_live_context(request, facts) | {
        "reference": reference,
        "closing_label": _("Reply and resolve"),
    }
    return render_to_string("desk/live/_live.html", context, request)


def build_live_context(request: HttpRequest, facts: Facts) -> dict[str, Any]:
    """What the live conversation shows, as it is stored now. To ask for it is to read the conversation."""
    conversation = facts.conversation
    record_reading(request.user, conversation.pk)
    return build_entries(conversation) | {
        "staff_id": request.user.pk,
        "is_mentioned": has_unread_mention(conversation.pk, request.user),
        "conversation": conversation,
        "closing_label": _("Reply and close"),
        "owner": describe_owner(conversation),
        "facts": facts,
        "can_answer": can_answer(request.user),
        "may_assign_any": can_assign(request.user),
        "colleagues": list_colleagues(request.user) if can_answer(request.user) else (),
        "script_texts": script_texts() | build_conversation_texts(),
        "script_limits": script_limits(),
    }


def build_entries(conversation: Conversation, before: int | None = None) -> dict[str, Any]:
    """The newest turns before one, with the notes that belong between them."""
    turns = conversation.recent_turns(settings.PAGE_TURNS + 1, before=before)
    shown, has_earlier = turns[-settings.PAGE_TURNS :], len(turns) > settings.PAGE_TURNS
    notes = list(find_notes(conversation.pk))
    return {
        "entries": merge_in_time_order(shown, choose_notes_among(notes, shown, before, has_earlier)),
        "first_turn": shown[0].pk if shown else 0,
        "has_earlier": has_earlier,
        "last_note": notes[-1].pk if notes else 0,
    }
