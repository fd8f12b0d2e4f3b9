"""What the socket's frames ask for, asked for by HTTP: by the page's scripts, or by its forms when none run."""

import logging
from collections.abc import Callable, Mapping
from typing import Any

from asgiref.sync import async_to_sync
from django.db import Error as DatabaseError
from django.http import HttpRequest
from django.utils.translation import gettext as _
from pydantic import ValidationError

from ..limits.rate_limits import RequestRefused, check_text
from ..models import Conversation
from ..realtime.empty_pages import announce_begun_conversation
from ..realtime.socket_sessions import build_socket_session
from . import beginning
from .customer_actions import ACTIONS, BEGINNING_ACTIONS, Action, Customer
from .frames import Frame

logger = logging.getLogger(__name__)

# Each is a button of its own in a form: its value is the turn that it is meant for.
TURN_BUTTONS = ("stop", "retry")
FORM_FIELDS = ("action", "text", "name", "email", "rating", "is_good", "words")


def build_customer(request: HttpRequest, conversation: Conversation) -> Customer:
    return Customer(conversation.pk, build_socket_session(request.user, request.session))


def perform_action(request: HttpRequest, conversation: Conversation, frame: Frame) -> str:
    """Do what a frame asks for. Returns why it was refused, in words for the customer; empty if it was done.

    Raises `SessionEnded`.
    """
    action = ACTIONS.get(frame.action)
    if action is None or (conversation.pk is None and frame.action not in BEGINNING_ACTIONS):
        return ""  # it is about a socket, or about what does not exist yet
    if conversation.pk is None:
        return describe_refusal(_begin_and_perform, request, conversation, action, frame)
    return describe_refusal(async_to_sync(action), build_customer(request, conversation), frame)


def describe_refusal(function: Callable[..., object], *args: Any) -> str:
    """Call the function. Returns why it was refused, in words for the customer; empty if it was done."""
    try:
        function(*args)
    except RequestRefused as refusal:
        return str(refusal)
    except DatabaseError as error:
        logger.error("A request was not handled: %s", type(error).__name__)
        return _("We couldn't send that. Please try again in a moment.")
    return ""


def _begin_and_perform(
    request: HttpRequest, conversation: Conversation, action: Action, frame: Frame
) -> None:
    """Store the conversation, do what the frame asks for, and have its other pages join it."""
    if frame.action == "send":
        check_text(frame.text, frame.images)
    conversation = beginning.ensure_begun(request.user, request.session, conversation)
    try:
        async_to_sync(action)(build_customer(request, conversation), frame)
    finally:
        async_to_sync(announce_begun_conversation)(conversation.public_id)


def parse_form(fields: Mapping[str, str]) -> Frame:
    """The frame that a form stands for. Raises `RequestRefused` for what is none."""
    values = {name: fields[name] for name in FORM_FIELDS if name in fields}
    for action in TURN_BUTTONS:
        if action in fields:
            values |= {"action": action, "turn": fields[action]}
    if values.get("action", "send") == "send":  # for others, the id may have been used up by a message
        values["client_id"] = fields.get("client_id") or fields.get("form_id", "")
    try:
        return Frame.model_validate(values)
    except ValidationError:
        raise RequestRefused(_("Something went wrong. Please try again.")) from None
