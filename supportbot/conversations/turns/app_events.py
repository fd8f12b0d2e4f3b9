"""Tells the apps what happened in a conversation, in the transaction in which it happens."""

import logging
from typing import Any

from django.apps import apps
from django.db import transaction
from django.utils.translation import gettext as _

from supportbot.assistant.conversation_events import (
    ConversationEvent,
    ConversationEventHandler,
    CustomerWrote,
)
from supportbot.assistant.person_requests import PersonRequest
from supportbot.assistant.tools import ToolError
from supportbot.server.error_reports import describe_place
from supportbot.server.outages import OUTAGE_ERRORS

from ..limits.rate_limits import RequestRefused
from ..models import Conversation, Message
from .changes import TurnChange
from .claiming import build_customer

logger = logging.getLogger(__name__)

Owner = Conversation.Owner


def notify_of_event(event: ConversationEvent) -> None:
    """Have the apps do what they do then. What one of them raises is to roll the transaction back.

    Raises `RequestRefused` for it, in words for whoever did what the event tells of; it would fail again each time.
    """
    config: Any = apps.get_app_config("conversations")
    for handler in config.event_handlers:
        if isinstance(event, handler.event_type):
            _handle_event(handler, event)


def _handle_event(handler: ConversationEventHandler, event: ConversationEvent) -> None:
    try:
        handler(event)
    except (*OUTAGE_ERRORS, RequestRefused):
        raise
    except Exception as error:  # noqa: BLE001 - a bug of an app, of which whoever did it is told
        place = describe_place(error)
        logger.error("A handler of %s failed, so nothing was stored: %s", type(event).__name__, place)
        words = _("That didn't work, because something went wrong on our side. Please try again in a moment.")
        raise RequestRefused(words) from None  # its text, which may hold what somebody wrote, reaches no log


def notify_of_customer_message(conversation: Conversation, change: TurnChange, reference: str = "") -> None:
    """`change` is what the message changed: it is the newest one of the customer there.

    `reference` is what the customer's page says that it is about.
    """
    written = [
        message
        for changed in change.turns
        for message in changed.messages
        if message.role == Message.Role.CUSTOMER
    ]
    newest = max(written, key=lambda message: (message.turn_id, message.seq))
    is_for_person = conversation.owner != Owner.BOT
    was_with_person = is_for_person or conversation.bot_starts_after is not None
    customer = build_customer(conversation.user)
    notify_of_event(
        CustomerWrote(conversation.pk, newest.pk, customer, is_for_person, was_with_person, reference)
    )


def notify_of_person_request(conversation: Conversation, reason: str, *, is_quote: bool) -> str:
    """Have apps do what they do when a person is asked for. Returns the first reference that one of them gives.

    The conversation waits whatever one of them raises, except that the database is out of reach.
    """
    request = PersonRequest(
        conversation.pk,
        build_customer(conversation.user),
        reason,
        name=conversation.customer_name,
        email=conversation.reply_email,
        is_quote=is_quote,
    )
    config: Any = apps.get_app_config("conversations")
    references = []
    for handler in config.person_request_handlers:
        try:
            with transaction.atomic():
                references.append(handler(request))
        except OUTAGE_ERRORS:
            raise
        except ToolError:
            continue
        except Exception as error:  # noqa: BLE001 - a bug of an app keeps nobody from a person
            logger.error("A handler of requests for a person failed: %s", describe_place(error))
    return next(filter(None, references), "")
