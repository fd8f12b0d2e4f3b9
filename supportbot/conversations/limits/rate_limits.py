"""How much a visitor may send: each check raises `RequestRefused`, whose words the customer reads."""

from collections import defaultdict, deque
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import timedelta
from time import monotonic
from uuid import UUID

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db.models import Count, Q, Sum
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.translation import gettext as _

from supportbot.audit.models import AuditEvent
from supportbot.server.process import process

from ..models import Attachment, Conversation, Message
from ..visitors import Visitor

MINUTE_SECONDS = 60.0
MAX_CONTACTS_PER_DAY = 5  # e-mail addresses that a visitor may give
MAX_IMAGE_BYTES_PER_DAY = 100 * 1024 * 1024


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
    text = text.replace("\0", "").replace("\r\n", "\n").strip()
    if not text and not images:
        raise RequestRefused(_("Please write a message first."))
    if len(text) > settings.MESSAGE_MAX_CHARS:
        refusal = _("This message is %(length)s characters long; the limit is %(limit)s. Please shorten it.")
        length, limit = (
            number_format(count, force_grouping=True) for count in (len(text), settings.MESSAGE_MAX_CHARS)
        )
        raise RequestRefused(refusal % {"length": length, "limit": limit})
    return text


def check_email(email: str) -> str:
    """An e-mail address as it is stored. Raises `RequestRefused` for what is none."""
    email = email.strip()
    try:
        validate_email(email)
    except ValidationError:
        raise RequestRefused(_("That doesn't look like an e-mail address. Please check it.")) from None
    return email


def check_rate(conversation: Conversation) -> None:
    """Raise `RequestRefused` for one message too many in a minute, of this conversation or of all of its visitor's."""
    here, everywhere = settings.CONVERSATION_MESSAGES_PER_MINUTE, settings.VISITOR_MESSAGES_PER_MINUTE
    if not here and not everywhere:
        return
    now = timezone.now()
    since = now - timedelta(minutes=1)
    lately = Conversation.objects.visible_to(conversation.visitor).filter(updated__gt=since)
    recent = Message.objects.filter(
        conversation__in=lately.values("pk"),
        role=Message.Role.CUSTOMER,
        created__gt=since,
        created__lte=now,  # what is later was said before the clock was set back
    ).aggregate(here=Count("pk", filter=Q(conversation=conversation)), everywhere=Count("pk"))
    if (here and recent["here"] >= here) or (everywhere and recent["everywhere"] >= everywhere):
        raise RequestRefused(_("You're sending messages very quickly. Please wait a minute, then try again."))


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
    """Count an image that is being sent; raise `RequestRefused` for one too many of the visitor in a minute.

    Each process counts for itself, since it is its time that reading an image takes.
    """
    limit = settings.ENVIRONMENT.images_per_minute
    since = monotonic() - MINUTE_SECONDS
    uploads = process.get(RecentUploads).by_visitor
    for key in [key for key, tries in list(uploads.items()) if not tries or tries[-1] < since]:
        uploads.pop(key, None)
    tries = uploads[visitor.key]
    while tries and tries[0] < since:
        tries.popleft()
    if limit and len(tries) >= limit:
        raise RequestRefused(_("You're sending photos very quickly. Please wait a minute, then try again."))
    tries.append(monotonic())


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
