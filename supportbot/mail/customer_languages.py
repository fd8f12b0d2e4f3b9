"""A mail to a customer is in the language of their pages, and has its mark in the one they write."""

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec, TypeVar

from supportbot.conversations.models import Conversation, Message
from supportbot.conversations.realtime.language import detect_language
from supportbot.languages import use_language

P = ParamSpec("P")
T = TypeVar("T")

WRITTEN_MESSAGES = 5  # by which their language is told


def get_customer_language(conversation_id: int | None) -> str:
    """Empty if it is not known."""
    found = Conversation.objects.filter(pk=conversation_id or 0).order_by()
    return found.values_list("language", flat=True).first() or ""


def ensure_customer_language(conversation_id: int, words: str) -> str:
    """The same; of one who has opened no page that of their words, which is noted. Empty if that is not clear."""
    if known := get_customer_language(conversation_id):
        return known
    if language := detect_language(words):
        Conversation.objects.filter(pk=conversation_id).update(language=language)
    return language


def detect_written_language(conversation: Conversation) -> str:
    """In which language the customer wrote last. Empty if that is not clear."""
    written = conversation.messages.filter(role=Message.Role.CUSTOMER).order_by("-turn_id", "-seq")
    texts = list(written.values_list("text", flat=True)[:WRITTEN_MESSAGES])
    return detect_language("\n".join(texts))


def write_in_customer_language(
    function: Callable[Concatenate[int | None, P], T],
) -> Callable[Concatenate[int | None, P], T]:
    """Have a function write in the language of the customer of the conversation that it is given."""

    @wraps(function)
    def write_mail(conversation_id: int | None, *args: P.args, **kwargs: P.kwargs) -> T:
        with use_language(get_customer_language(conversation_id)):
            return function(conversation_id, *args, **kwargs)

    return write_mail
