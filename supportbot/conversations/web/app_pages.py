"""What pages of other apps may have done in the name of the customer who looks at them, by the AppConfig's names."""

import secrets
from typing import Any

from asgiref.sync import async_to_sync
from django.db import transaction
from django.db.models import QuerySet
from django.http import Http404, HttpRequest
from django.utils import timezone

from .. import turns
from ..limits.rate_limits import RequestRefused, check_text
from ..models import Conversation, Rating
from ..realtime.socket_sessions import SessionEnded
from ..turns.rating_state import RatingState, describe_rating
from ..visitors import get_visitor
from ..worker import runner
from .customer_actions import Customer
from .http_actions import build_customer, describe_refusal, parse_form, perform_action

CLIENT_ID_CHARS = 64
RATING_ACTIONS = ("rate", "dismiss_rating")


def find_own_conversations(request: HttpRequest) -> QuerySet[Any, Any]:
    """A queryset of one column: the keys of the conversations of this account, or of this browser's guest."""
    visitor = get_visitor(request.user, request.session)
    return Conversation.objects.visible_to(visitor).order_by().values("pk")


def post_customer_message(
    request: HttpRequest, conversation_id: int, text: str, client_id: str, reference: str
) -> str:
    """Returns why it was not posted, in words for the customer; empty if it was. Raises Http404 for a foreign one."""
    customer = build_customer(request, _get_own_conversation(request, conversation_id))
    client_id = client_id[:CLIENT_ID_CHARS] or secrets.token_hex(16)
    try:
        return describe_refusal(async_to_sync(_post_to_team), customer, text, client_id, reference)
    except SessionEnded as error:
        raise Http404 from error


def post_rating(request: HttpRequest, conversation_id: int) -> str:
    """Do what a form of `chat/_rating_fields.html` asks for. Returns and raises as `post_customer_message` does."""
    conversation = _get_own_conversation(request, conversation_id)
    try:
        frame = parse_form(request.POST)
        return perform_action(request, conversation, frame) if frame.action in RATING_ACTIONS else ""
    except RequestRefused as refusal:
        return str(refusal)
    except SessionEnded as error:
        raise Http404 from error


def find_rating(conversation_id: int, reference: str) -> RatingState | None:
    return describe_rating(Rating.objects.filter(conversation=conversation_id, ticket=reference).first())


def announce_own_end(conversation_id: int, reference: str, end_key: str, staff_id: int | None) -> None:
    """A part of the caller's transaction; the pages show it after that."""
    change = turns.announce_end.run_sync(
        conversation_id,
        reference,
        ended=timezone.now(),
        staff_id=staff_id,
        is_by_customer=True,
        key=f"own-end:{end_key}"[:CLIENT_ID_CHARS],
    )
    transaction.on_commit(lambda: async_to_sync(runner.publish_and_start)(change))


def _get_own_conversation(request: HttpRequest, conversation_id: int) -> Conversation:
    visitor = get_visitor(request.user, request.session)
    own = Conversation.objects.visible_to(visitor).filter(pk=conversation_id).first()
    if own is None:
        raise Http404
    return own


async def _post_to_team(customer: Customer, text: str, client_id: str, reference: str) -> None:
    text = check_text(text)
    if await customer.run_action(turns.check_direct_message, client_id):
        await runner.halt_turn(customer.conversation_id, customer.require_valid_session)
    await customer.apply_change(turns.post_to_team, text, client_id, reference=reference)
