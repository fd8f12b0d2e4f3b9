"""What a customer writes to the team and not to the assistant, such as an answer on a ticket's page."""

from django.db import transaction

from supportbot.server.executors import on_database_thread

from ..card_numbers import mask_card_numbers
from ..limits.rate_limits import check_rate, count_request
from ..models import Conversation, Message
from .app_events import notify_of_customer_message
from .changes import TurnChange, build_change, load_stored_turn
from .event_turns import add_event_turn
from .interruption import end_bot_turns
from .ownership import save_owner, start_waiting
from .person_messages import store_for_person
from .ratings import withdraw_rating
from .reopening import reopen_closed
from .submit import TITLE_CHARS, find_duplicate

Owner = Conversation.Owner


@on_database_thread(repeat=True)
def check_direct_message(conversation_id: int, client_id: str) -> bool:
    """Whether `post_to_team` would take the conversation from the bot: before it does, the bot is to fall silent.

    Raises `RequestRefused`.
    """
    conversation = Conversation.objects.select_related("user").get(pk=conversation_id)
    if conversation.messages.filter(client_id=client_id).exists():
        return False
    check_rate(conversation)
    return conversation.owner == Owner.BOT


@on_database_thread(repeat=True)
@transaction.atomic
def post_to_team(conversation_id: int, text: str, client_id: str, *, reference: str = "") -> TurnChange:
    """Store a customer's message to the team: a person has it, or the conversation waits for one from now on.

    `reference` is what it is about, such as a ticket's number. The same `client_id` is stored once. Raises
    `RequestRefused`.
    """
    masked = mask_card_numbers(text)
    conversation = Conversation.objects.lock(conversation_id)
    if known := find_duplicate(conversation, masked.text, client_id, ()):
        return TurnChange(conversation.pk, (load_stored_turn(known),))
    count_request(conversation)
    withdraw_rating(conversation)
    was_closed = conversation.owner == Owner.CLOSED
    if was_closed:
        reopen_closed(conversation)
    conversation.title = conversation.title or masked.text.split("\n", maxsplit=1)[0][:TITLE_CHARS]
    if conversation.owner == Owner.BOT:
        ended = end_bot_turns(conversation)
        sentence = start_waiting(conversation, words=masked.text, reference=reference)
        told = (Message.Role.SYSTEM, sentence, None)
        written = add_event_turn(conversation, [(Message.Role.CUSTOMER, masked, client_id), told])
        save_owner(conversation)
        change = build_change(conversation, [*ended, written], with_owner=True, notifies_desk=True)
    else:
        change = store_for_person(conversation, masked, client_id, was_closed=was_closed, reference=reference)
    notify_of_customer_message(conversation, change, reference)
    return change
