"""How much a visitor may send: each check raises `RequestRefused`, whose words the customer reads."""

from collections import defaultdict, deque
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from time import monotonic
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db.models import Count, Q, QuerySet, Sum
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.translation import gettext as _

from supportbot.audit.models import AuditEvent
from supportbot.compiled_queries import CompiledInsert, CompiledRows, CompiledUpdate
from supportbot.server.client_address import get_current_address_key
from supportbot.server.executors import on_database_thread
from supportbot.server.process import process

from ..blank_text import blank_to_empty
from ..models import Attachment, Conversation, CustomerRequest, Message
from ..visitors import Visitor
from .guest_limits import get_address_message_limit

MINUTE_SECONDS = 60.0
# After each of these the model is asked.
MODEL_KINDS = (CustomerRequest.Kind.MESSAGE, CustomerRequest.Kind.RETRY, CustomerRequest.Kind.PERSON)
ADDRESS_UPLOADS = 5  # times as many as one visitor, for all guests of one network
MAX_CONTACTS_PER_DAY = 5  # e-mail addresses that a visitor may give
MAX_IMAGE_BYTES_PER_DAY = 100 * 1024 * 1024
NEW_REQUEST = CompiledInsert(CustomerRequest)
ADDRESS_KEY = CompiledUpdate(Conversation, ["address_key"])


@dataclass
class RecentUploads:
    """When each visitor, by key, tried to send an image of late, in seconds of the monotonic clock.

    Those that were refused leave no row to be counted.
    """

    by_visitor: defaultdict[str, deque[float]] = field(default_factory=lambda: defaultdict(deque))


class RequestRefused(Exception):
    """The customer's request is not taken, in words that the customer reads."""


def check_text(text: str, images: Collection[UUID] = ()) -> str:
    """The text of a message as it is stored.

    Raises `RequestRefused` for one that is longer than MESSAGE_MAX_CHARS, or empty though no images go with it.
    """
    # PostgreSQL stores no zero bytes, and a form ends lines otherwise than a script.
    text = blank_to_empty(text.replace("\0", "").replace("\r\n", "\n").strip())
    if not text and not images:
        raise RequestRefused(_("Please write a message first."))
    refusal = _("This message is %(length)s characters long; the limit is %(limit)s. Please shorten it.")
    check_length(text, settings.MESSAGE_MAX_CHARS, refusal)
    return text


def check_length(text: str, limit: int, refusal: str) -> None:
    """Raise `RequestRefused` for a text of more characters, in these words with its %(length)s and the %(limit)s."""
    if len(text) > limit:
        counts = {"length": len(text), "limit": limit}
        raise RequestRefused(
            refusal % {name: number_format(count, force_grouping=True) for name, count in counts.items()}
        )


def check_email(email: str) -> str:
    """An e-mail address as it is stored. Raises `RequestRefused` for what is none."""
    email = email.strip()
    try:
        validate_email(email)
    except ValidationError:
        raise RequestRefused(_("That doesn't look like an e-mail address. Please check it.")) from None
    return email


def check_rate(conversation: Conversation, kind: str = CustomerRequest.Kind.MESSAGE) -> None:
    """Raise `RequestRefused` where a customer does something for one time too many in a minute.

    Counted are the conversation, its visitor, and for guests, who may have any number of browsers, the network. Kinds
    after which the model is asked count together, any other one by itself. A person is asked for so often in an hour.
    """
    kinds = MODEL_KINDS if kind in MODEL_KINDS else (kind,)
    conversation_limit = settings.CONVERSATION_MESSAGES_PER_MINUTE
    visitor_limit = settings.VISITOR_MESSAGES_PER_MINUTE
    if conversation_limit or visitor_limit:
        counts = _count_by_conversation(conversation.visitor, kinds)
        is_over_here = _is_over(counts.get(conversation.pk, 0), conversation_limit)
        if is_over_here or _is_over(sum(counts.values()), visitor_limit):
            words = _("You're sending messages very quickly. Please wait a minute, then try again.")
            raise RequestRefused(words)
    _check_network_rate(_get_guest_address_key(conversation), kinds)
    if kind == CustomerRequest.Kind.PERSON:
        _check_person_rate(conversation)


def count_request(conversation: Conversation, kind: str = CustomerRequest.Kind.MESSAGE) -> None:
    """The same, and count it if it is not refused."""
    check_rate(conversation, kind)
    address_key = _get_address_key(conversation)
    if conversation.address_key != address_key:
        conversation.address_key = address_key
        ADDRESS_KEY.save(conversation)
    NEW_REQUEST.save(
        CustomerRequest(
            conversation=conversation,
            visitor=conversation.visitor.key,
            address_key=address_key,
            kind=kind,
        )
    )


def check_network_rate() -> None:
    """Raise `RequestRefused` where a new guest's first message would be refused: then nothing is begun for it."""
    _check_network_rate(get_current_address_key(), MODEL_KINDS)


def _check_network_rate(address_key: str, kinds: tuple[str, ...]) -> None:
    """Raise `RequestRefused` where guests of this network, if it is one, ask too much in a minute."""
    limit = get_address_message_limit()
    if limit and address_key and _is_over(_count_of_network(address_key, kinds), limit):
        raise RequestRefused(
            _(
                "Very many messages are coming from your network right now. Please wait a minute, then try again. "
                "If you sign in, you can go on at once."
            )
        )


def _check_person_rate(conversation: Conversation) -> None:
    """Raise `RequestRefused` where the guests of one network ask for a person too often in an hour."""
    if not (address_key := _get_guest_address_key(conversation)):
        return
    now = timezone.now()
    asked = CustomerRequest.objects.filter(
        address_key=address_key,
        created__gt=now - timedelta(hours=1),
        created__lte=now,
        kind=CustomerRequest.Kind.PERSON,
        conversation__user=None,
    )
    if _is_over(asked.count(), settings.ENVIRONMENT.address_person_requests_per_hour):
        raise RequestRefused(
            _(
                "Very many people on your network have asked for a person in this hour. Please try again later, or "
                "sign in."
            )
        )


@on_database_thread()
def delete_old_requests() -> None:
    """Delete those that no limit counts any more."""
    CustomerRequest.objects.filter(created__lt=timezone.now() - timedelta(days=1)).delete()


def _get_address_key(conversation: Conversation) -> str:
    """Of the network that the request comes from, else of that which the last one came from."""
    return get_current_address_key() or conversation.address_key


def _get_guest_address_key(conversation: Conversation) -> str:
    """The same of a guest. Empty for an account, which no network limits."""
    return _get_address_key(conversation) if conversation.user_id is None else ""


def _count_by_conversation(visitor: Visitor, kinds: tuple[str, ...]) -> dict[int, int]:
    """How many requests of these kinds the visitor has made in the last minute."""
    by_visitor, _by_network = _compile_counts(kinds)
    return dict(by_visitor.fetch_rows(visitor.key, *_get_last_minute()))


def _count_of_network(address_key: str, kinds: tuple[str, ...]) -> int:
    """How many requests of these kinds guests have made from there in the last minute."""
    _by_visitor, by_network = _compile_counts(kinds)
    return sum(number for _key, number in by_network.fetch_rows(address_key, *_get_last_minute()))


def _get_last_minute() -> tuple[datetime, datetime]:
    """Up to now: what is later was done before the clock was set back."""
    now = timezone.now()
    return now - timedelta(minutes=1), now


@cache
def _compile_counts(kinds: tuple[str, ...]) -> tuple[CompiledRows, CompiledRows]:
    """Two queries for requests of these kinds between two moments: of a visitor by conversation, and of a network."""

    def count_of_visitor(visitor: Any, after: Any, until: Any) -> QuerySet[Any, Any]:
        rows = CustomerRequest.objects.filter(
            visitor=visitor, kind__in=kinds, created__gt=after, created__lte=until
        )
        return rows.values("conversation").annotate(number=Count("pk")).values_list("conversation", "number")

    def count_of_network(address_key: Any, after: Any, until: Any) -> QuerySet[Any, Any]:
        rows = CustomerRequest.objects.filter(
            address_key=address_key, kind__in=kinds, created__gt=after, created__lte=until
        ).filter(visitor__startswith="guest:")
        return rows.values("address_key").annotate(number=Count("pk")).values_list("address_key", "number")

    return (
        CompiledRows(CustomerRequest, ["visitor", "created", "created"], count_of_visitor),
        CompiledRows(CustomerRequest, ["address_key", "created", "created"], count_of_network),
    )


def _is_over(count: int, limit: int) -> bool:
    return bool(limit) and count >= limit


def check_contact_rate(visitor: Visitor) -> None:
    """Refuse one e-mail address too many in a day: nobody has us write to strangers."""
    theirs = Conversation.objects.visible_to(visitor).values_list("pk", flat=True)
    since = timezone.now() - timedelta(days=1)
    given = AuditEvent.objects.filter(
        action="contact_given", created__gt=since, conversation_id__in=list(theirs)
    )
    if given.count() >= MAX_CONTACTS_PER_DAY:
        raise RequestRefused(
            _("You've changed your e-mail address several times today. You can change it again tomorrow.")
        )


def check_image_rate(visitor: Visitor) -> None:
    """Count an image that is being sent; raise `RequestRefused` for one too many of the visitor or network in a minute.

    Each process counts for itself, since it is its time that reading an image takes.
    """
    limit = settings.ENVIRONMENT.images_per_minute
    if not limit:
        return
    since = monotonic() - MINUTE_SECONDS
    uploads = process.get(RecentUploads).by_visitor
    for key in [key for key, tries in list(uploads.items()) if not tries or tries[-1] < since]:
        uploads.pop(key, None)
    limits = {visitor.key: limit}
    if visitor.user_id is None and (address_key := get_current_address_key()):
        limits[f"address:{address_key}"] = ADDRESS_UPLOADS * limit
    for key in limits:
        while uploads[key] and uploads[key][0] < since:
            uploads[key].popleft()
    if any(len(uploads[key]) >= most for key, most in limits.items()):
        raise RequestRefused(_("You're sending photos very quickly. Please wait a minute, then try again."))
    for key in limits:
        uploads[key].append(monotonic())


def check_daily_images(visitor: Visitor, size: int = 0) -> None:
    """Raise `RequestRefused` for one image too many of a visitor in a day, or when `size` more bytes are too much.

    Those that staff sent them do not count.
    """
    limit = settings.ENVIRONMENT.images_per_day
    since = timezone.now() - timedelta(days=1)
    own = Q(message=None) | ~Q(message__role=Message.Role.STAFF)
    conversations = Conversation.objects.visible_to(visitor).values("pk")
    theirs = Attachment.objects.filter(own, conversation__in=conversations)
    sent = theirs.filter(created__gt=since).aggregate(number=Count("pk"), bytes=Sum("size", default=0))
    if (limit and sent["number"] >= limit) or sent["bytes"] + size > MAX_IMAGE_BYTES_PER_DAY:
        raise RequestRefused(_("You've reached today's limit for photos. You can send more tomorrow."))
