"""What a customer writes by mail: in their own conversation, as any message of theirs, or to begin a new one.

`mail` has made sure whose mail it is. All of a mail is stored in one transaction, which may be the caller's.
"""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from supportbot.audit.recording import record_event
from supportbot.jobs.queue import enqueue
from supportbot.server.executors import on_database_thread

from ..card_numbers import mask_card_numbers
from ..models import Conversation, Message
from ..visitors import create_mail_key
from . import handoff_sentences
from .changes import TurnChange
from .event_turns import add_notice
from .interruption import end_bot_turns
from .ownership import save_owner, start_waiting
from .person_messages import clean_contact_name
from .submit import TITLE_CHARS, submit_message
from .team_words import LastWord, find_last_word

Owner = Conversation.Owner

# A kind of job that `mail` registers: what the bot answers to a mail is mailed.
ANSWER_JOB_KIND = "send_mail_answer"
ANSWER_DELAY = timedelta(seconds=5)


@on_database_thread()
@transaction.atomic
def post_mail(
    conversation_id: int,
    parts: Sequence[str],
    client_id: str,
    *,
    images: Sequence[UUID] = (),
    note: str = "",
    sender: str = "",
) -> None:
    """Store a customer's mail. A person who has the conversation gets it, a closed one is reopened, the bot answers.

    Not so where the last that was said is that the team has ended a matter: that is answered to the team.
    `parts` are its text, cut to what one message holds; `images` go with the first one. `note` is what the server says
    of it to customer and staff. `sender` is the address that it came from, where that is sure. The same `client_id` is
    stored once. Raises `RequestRefused`.
    """
    ids = [f"{client_id}:{number}" for number in range(len(parts))]
    is_for_team = _answers_end(conversation_id, ids)
    last = _store_parts(conversation_id, parts, ids, images)
    conversation = Conversation.objects.lock(conversation_id)
    if sender and sender == conversation.failed_email.lower():
        conversation.failed_email = ""  # whoever writes from there is reached there
        save_owner(conversation)
    if note:
        add_notice(conversation, note)
        save_owner(conversation)
    if is_for_team:
        wait_with_mail.run_sync(conversation_id)
    elif conversation.owner == Owner.BOT:
        _plan_answer(conversation_id, last.turns[-1].row.pk)


def _store_parts(
    conversation_id: int, parts: Sequence[str], client_ids: Sequence[str], images: Sequence[UUID]
) -> TurnChange:
    """Returns what changed by the last one. Raises `RequestRefused`."""
    for number, (part, client_id) in enumerate(zip(parts, client_ids, strict=True)):
        last = submit_message.run_sync(
            conversation_id, part, client_id, can_start=False, images=() if number else images
        )
    mailed = Message.objects.filter(conversation=conversation_id, client_id__in=client_ids)
    mailed.update(channel=Message.Channel.MAIL)
    return last


def _plan_answer(conversation_id: int, turn_id: int) -> None:
    """Have the bot's answer mailed."""
    enqueue(
        ANSWER_JOB_KIND,
        f"{conversation_id}:{turn_id}",
        conversation_id=conversation_id,
        last_turn_id=turn_id,
        run_after=timezone.now() + ANSWER_DELAY,
    )


def _answers_end(conversation_id: int, client_ids: Sequence[str]) -> bool:
    """Whether the mail goes to the team, for whom the conversation waits from now on. It does not, if it is stored."""
    conversation = Conversation.objects.lock(conversation_id)
    if conversation.owner != Owner.BOT or find_last_word(conversation_id) != LastWord.END:
        return False
    if conversation.messages.filter(client_id__in=client_ids).exists():
        return False
    end_bot_turns(conversation)
    conversation.owner, conversation.waiting_since = Owner.WAITING, timezone.now()
    save_owner(conversation)
    return True


@on_database_thread()
@transaction.atomic
def begin_by_mail(name: str, email: str, title: str) -> int:
    """A conversation of somebody who is known by an address alone. It is in no browser: only staff can read it.

    Post the mail in it, then have it wait for a person by `wait_with_mail`.
    """
    conversation = Conversation.objects.create(
        guest_key=create_mail_key(),
        contact_name=clean_contact_name(name),
        contact_email=email,
        title=mask_card_numbers(title).text[:TITLE_CHARS],
        owner=Owner.WAITING,
        waiting_since=timezone.now(),
    )
    return conversation.pk


@on_database_thread()
@transaction.atomic
def wait_with_mail(conversation_id: int) -> None:
    """What was begun by mail waits for a person, as if its customer had asked for one."""
    conversation = Conversation.objects.lock(conversation_id)
    sentence = start_waiting(conversation)
    add_notice(conversation, sentence)
    save_owner(conversation)


@on_database_thread()
@transaction.atomic
def note_undeliverable(conversation_id: int, recipient: str) -> bool:
    """A mail to the customer came back: staff and customer are told, and nothing is promised by mail any more.

    False, and nothing is done, where the customer is no longer reached at that recipient.
    """
    conversation = Conversation.objects.lock(conversation_id)
    if recipient.lower() != conversation.reply_email.lower():
        return False
    if conversation.is_undeliverable:
        return True
    conversation.failed_email = conversation.reply_email
    sentence = handoff_sentences.describe_undeliverable(conversation)
    add_notice(conversation, sentence)
    save_owner(conversation)
    record_event("mail_failed", conversation_id=conversation.pk)
    return True


@on_database_thread()
@transaction.atomic
def note_unsent(conversation_id: int) -> None:
    """A mail to the customer could not be sent in any of its attempts: staff and customer are told."""
    conversation = Conversation.objects.lock(conversation_id)
    sentence = handoff_sentences.describe_unsent(conversation)
    add_notice(conversation, sentence)
    save_owner(conversation)
