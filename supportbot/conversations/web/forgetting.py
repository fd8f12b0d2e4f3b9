"""A guest on a device that others use too ends the chat, and nothing of it can be found there any longer."""

import logging
from uuid import UUID

from asgiref.sync import async_to_sync
from django.contrib.auth import logout
from django.db import Error as DatabaseError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from .. import turns
from ..models import Conversation
from ..realtime.socket_sessions import end_session
from ..visitors import get_visitor
from ..worker import runner

logger = logging.getLogger(__name__)


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
        left = turns.find_conversations_to_leave(visitor, public_id)
        request.session.flush()  # first: whatever happens now, the next person finds nothing
        async_to_sync(end_session)(visitor.guest_key)
        for conversation_id in left:
            _leave_conversation(conversation_id)
    return redirect("index")


def _leave_conversation(conversation_id: int) -> None:
    try:
        change = turns.leave_conversation.run_sync(conversation_id)
    except DatabaseError as error:
        logger.error("A conversation was not closed by its guest: %s", type(error).__name__)
        return
    async_to_sync(runner.publish_and_start)(change)
