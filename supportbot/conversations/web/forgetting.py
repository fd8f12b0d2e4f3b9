"""A guest on a device that others use too ends the chat, and nothing of it can be found there any longer."""

from typing import Any
from uuid import UUID

from asgiref.sync import async_to_sync
from django.contrib.auth import logout
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from .. import turns
from ..models import Conversation
from ..realtime.socket_sessions import end_session
from ..turns import TurnChange
from ..visitors import Visitor, get_visitor
from ..worker import runner


@require_POST
def forget_chat(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Drop the guest's session, which is all that leads to their conversations, and begin anew.

    An account that has it by now, by a sign-in in another tab, is signed out instead, and finds it again.
    """
    visitor = get_visitor(request.user, request.session)
    if visitor.user_id:
        if Conversation.objects.visible_to(visitor).filter(public_id=public_id).exists():
            logout(request)
    elif visitor.guest_key:
        changes = _end_access(visitor, request.session, public_id)
        request.session.flush()  # the cookie goes too
        async_to_sync(end_session)(visitor.guest_key)
        for change in changes:
            async_to_sync(runner.publish_and_start)(change)
    return redirect("index")


@transaction.atomic
def _end_access(visitor: Visitor, session: Any, public_id: UUID) -> list[TurnChange]:
    """Delete the stored session, and tell staff: both, or neither, which its guest is told and can press again."""
    left = turns.find_conversations_to_leave(visitor, public_id)
    changes = [turns.leave_conversation.run_sync(conversation_id) for conversation_id in left]
    session.delete()
    return changes
