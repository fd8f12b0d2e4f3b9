"""What a customer is given of their account, their conversations and their ratings: what they themselves have read.

Notes of the team, prompts, summaries and what tools returned are not in it.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import groupby
from operator import attrgetter
from typing import Any

from django.contrib.auth import get_user_model

from supportbot.assistant.customer_exports import ExportedCustomer, Rows, customer_export

from .models import Attachment, Conversation, Message, Rating

ROWS_A_QUERY = 200
CONVERSATIONS_A_QUERY = 10


@customer_export("account")
def export_account(customer: ExportedCustomer) -> Rows:
    accounts = get_user_model()._default_manager.filter(pk__in=customer.accounts)
    return accounts.values("username", "first_name", "last_name", "email", "date_joined", "last_login")


@customer_export("conversations")
def export_conversations(customer: ExportedCustomer) -> Rows:
    """Those in which something was said."""
    fields = ("public_id", "title", "created", "updated", "language")
    of_contact = ("contact_name", "contact_email", "failed_email")
    conversations = Conversation.objects.filter(pk__in=customer.conversations)
    rows = conversations.only(*fields, *of_contact).in_bulk()
    photos = _load_photos(customer)
    groups = groupby(_iter_messages(customer.conversations), attrgetter("conversation_id"))
    return (
        _describe_conversation(rows[pk])
        | {"messages": [_describe_message(message, photos[message.pk]) for message in group]}
        for pk, group in groups
    )


def _iter_messages(conversations: Sequence[int]) -> Iterator[Message]:
    """Those of some conversations at a time, since PostgreSQL's come at once."""
    said = Message.objects.exclude(text="", has_images=False).defer("provider_fields")
    said = said.order_by("conversation_id", "turn_id", "seq")
    for start in range(0, len(conversations), CONVERSATIONS_A_QUERY):
        keys = conversations[start : start + CONVERSATIONS_A_QUERY]
        yield from said.filter(conversation__in=keys).iterator(chunk_size=ROWS_A_QUERY)


def _load_photos(customer: ExportedCustomer) -> defaultdict[int | None, list[Any]]:
    """The files of photos that were sent, by message. Few messages have any, so they are not looked for with each."""
    sent = Attachment.objects.filter(conversation__in=customer.conversations, message__isnull=False)
    photos = defaultdict(list)
    for photo in sent.only("message", "file").order_by("position", "pk"):
        photos[photo.message_id].append(photo.file)
    return photos


def _describe_conversation(conversation: Conversation) -> dict[str, Any]:
    described = {
        "conversation": conversation.public_id,
        "title": conversation.title,
        "began": conversation.created,
        "last_change": conversation.updated,
        "language": conversation.language,
        "name": conversation.contact_name,
        "email": conversation.contact_email,
        "undeliverable_email": conversation.failed_email,
    }
    return {key: value for key, value in described.items() if value}


def _describe_message(message: Message, photos: list[Any]) -> dict[str, Any]:
    described = {
        "at": message.created,
        "from": message.role,
        "name": message.author_name,
        "by": "e-mail" if message.channel == Message.Channel.MAIL else "",
        "text": message.text,
        "incomplete": message.status != Message.Status.COMPLETE,
        "photos": photos,
    }
    return {key: value for key, value in described.items() if value}


@customer_export("ratings")
def export_ratings(customer: ExportedCustomer) -> Rows:
    given = Rating.objects.filter_given().filter(conversation__in=customer.conversations)
    rows = given.order_by("pk").select_related("conversation")
    return (
        {
            "at": rating.rated,
            "conversation": rating.conversation.public_id,
            "ticket": rating.ticket,
            "of": rating.handler,
            "good": rating.is_good,
            "words": rating.words,
        }
        for rating in rows.iterator(chunk_size=ROWS_A_QUERY)
    )
