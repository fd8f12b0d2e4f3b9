"""Whoever has a conversation passes it on: to a colleague, or back to the queue of those who wait for a person."""

from django.db import transaction
from django.utils.translation import gettext as _

from supportbot.assistant.conversation_events import ConversationAssigned
from supportbot.audit.recording import record_event
from supportbot.server.executors import on_database_thread

from ..answerers import ASSIGN_CONVERSATIONS, list_permitted_staff, may_answer
from ..limits.rate_limits import RequestRefused
from ..models import Conversation
from . import handoff_sentences
from .app_events import notify_of_event
from .event_turns import add_notice
from .ownership import Owner, add_to_queue, get_staff, give_to, is_assigned_to, save_owner
from .ownership_results import (
    OwnershipResult,
    build_refusal,
    build_result,
    build_unchanged,
    find_done_press,
)
from .person_reasons import describe_last_words


@on_database_thread(repeat=True)
def check_assignment(conversation_id: int, staff_id: int, to_id: int) -> bool:
    """Whether `assign_conversation` would do it: before it does, the bot is to fall silent.

    Raises `RequestRefused`.
    """
    _require_answerer(to_id)
    return _may_assign(Conversation.objects.get(pk=conversation_id), staff_id)


@on_database_thread(repeat=True)
@transaction.atomic
def assign_conversation(conversation_id: int, staff_id: int, to_id: int) -> OwnershipResult:
    """Give it to a colleague: whoever has it may, and a lead whoever has it. Raises `RequestRefused`."""
    conversation, staff = Conversation.objects.lock(conversation_id), get_staff(staff_id)
    _require_answerer(to_id)
    if is_assigned_to(conversation, to_id):
        return build_unchanged(conversation)
    if not _may_assign(conversation, staff_id):
        return build_refusal(conversation)
    colleague = get_staff(to_id)
    previous_id = conversation.assignee_id if conversation.owner == Owner.HUMAN else None
    record_event("assigned", staff=staff, conversation_id=conversation.pk, to=colleague.get_username())
    given = give_to(conversation, colleague, by_colleague=to_id != staff_id)
    notify_of_event(ConversationAssigned(conversation.pk, staff_id, to_id, previous_id))
    return given


@on_database_thread(repeat=True)
@transaction.atomic
def return_to_queue(conversation_id: int, staff_id: int, *, press_id: str = "") -> OwnershipResult:
    """Whoever has the conversation has it wait for another person, behind those who wait already.

    The same `press_id` returns it once, whoever has it by now. Should the customer go on with the bot, that is sent
    only what is said from this moment on, as after `hand_back`.
    """
    conversation, staff = Conversation.objects.lock(conversation_id), get_staff(staff_id)
    if press_id and (done := find_done_press(conversation, press_id)):
        return done
    if conversation.owner == Owner.WAITING:  # pressed twice
        return build_unchanged(conversation)
    if not is_assigned_to(conversation, staff_id):
        return build_refusal(conversation)
    left = handoff_sentences.describe_departure(conversation)
    add_to_queue(conversation, describe_last_words(conversation))
    sentence = f"{left} {handoff_sentences.describe_wait(conversation)}"
    returned = add_notice(conversation, sentence, press_id)
    conversation.bot_starts_after = returned.row.pk
    save_owner(conversation)
    record_event("returned_to_queue", staff=staff, conversation_id=conversation.pk)
    return build_result(conversation, [returned])


def _require_answerer(staff_id: int) -> None:
    if not may_answer(staff_id):
        raise RequestRefused(_("This colleague may not answer customers."))


def _may_assign(conversation: Conversation, staff_id: int) -> bool:
    is_lead = bool(list_permitted_staff(ASSIGN_CONVERSATIONS, [staff_id]))
    return is_lead or is_assigned_to(conversation, staff_id)
