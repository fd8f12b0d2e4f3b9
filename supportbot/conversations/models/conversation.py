import uuid
from collections.abc import Iterable
from datetime import timedelta

from django.conf import settings
from django.db import models
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from supportbot.compiled_queries import CompiledQuery
from supportbot.prefix_index import PrefixIndex

from ..visitors import Visitor
from .turn import Turn


class ConversationQuerySet(models.QuerySet):
    def visible_to(self, visitor: Visitor):
        """The conversations that this visitor may read: an account's own, or a guest's of the same browser session."""
        if visitor.user_id:
            return self.filter(user_id=visitor.user_id)
        if visitor.guest_key:
            return self.filter(user=None, guest_key=visitor.guest_key)
        return self.none()

    def non_empty(self):
        """Those in which something was said."""
        return self.filter(last_seq__gt=0)

    def lock(self, pk: int) -> "Conversation":
        """The conversation, which nobody else changes until this transaction ends. It is always locked first."""
        conversation = self._lock_by(LOCKED_CONVERSATION, pk)
        if conversation is None:
            raise self.model.DoesNotExist
        return conversation

    def lock_if_free(self, pk: int) -> "Conversation | None":
        """The same without waiting: None if somebody else has locked it now, or there is none. SQLite waits."""
        return self._lock_by(FREE_CONVERSATION, pk)

    def _lock_by(self, query: "CompiledQuery[Conversation]", pk: int) -> "Conversation | None":
        conversation = query.fetch_first(pk)
        if conversation is None:
            return None
        # Somebody took it, or signed in, while this waited for the lock: PostgreSQL then reads the locked row again,
        # but not the rows that are joined to it (https://www.postgresql.org/docs/current/transaction-iso.html).
        joined = {"assignee": conversation.assignee, "user": conversation.user}
        changed = [
            name
            for name, row in joined.items()
            if (row.pk if row else None) != getattr(conversation, f"{name}_id")
        ]
        if changed:
            conversation.refresh_from_db(fields=changed)
        conversation.previous_revision = conversation.revision
        return conversation


class Conversation(models.Model):
    """A customer's chat: an account's, or that of a guest, who is known by a key in the browser's session."""

    class Owner(models.TextChoices):
        BOT = "bot", _("assistant")
        WAITING = "waiting", _("waiting for a person")
        HUMAN = "human", _("person")
        CLOSED = "closed", _("closed")

    public_id = models.UUIDField(_("public id"), default=uuid.uuid4, unique=True, editable=False)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.CASCADE,
        null=True,
        blank=True,
        related_name="conversations",
        db_index=False,  # its index is below
    )
    guest_key = models.CharField(max_length=64, blank=True, db_index=True)
    address_key = models.CharField(
        max_length=32,
        blank=True,
        help_text="Stands for the network from which was written last; no address itself.",
    )
    language = models.CharField(
        max_length=20, blank=True, help_text="Of its customer's page, as a code. Empty: the site's."
    )
    owner = models.CharField(_("owner"), max_length=10, choices=Owner, default=Owner.BOT)
    assignee = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="assigned_conversations",
        db_index=False,  # its index is below
        help_text="Who of the staff has it, or had it when it was closed.",
    )
    assigned_at = models.DateTimeField(
        null=True, help_text="When a colleague gave it to whoever has it; empty if they took it themselves."
    )
    taken_at = models.DateTimeField(
        null=True, help_text="Since when who has it does, or had it when it was closed."
    )
    waiting_since = models.DateTimeField(null=True, blank=True)
    waiting_reason = models.CharField(max_length=300, blank=True, help_text="Why a person was asked for.")
    bot_starts_after = models.PositiveBigIntegerField(
        null=True,
        help_text="The last turn before a person handed back: the model is sent only what came later.",
    )
    bot_silent_until = models.DateTimeField(
        null=True, help_text="Until then the bot begins no answer, since somebody is about to take over."
    )
    customer_last_seen = models.DateTimeField(
        null=True, help_text="When the customer's page was last open while a person was wanted or there."
    )
    alerted = models.DateTimeField(null=True, help_text="When staff were last mailed that it waits.")
    replies_mailed_until = models.DateTimeField(null=True)
    absence_told = models.DateTimeField(
        null=True, help_text="When the customer was told that whoever has it is away; empty once they write."
    )
    failed_email = models.EmailField(
        blank=True, help_text="An address of the customer from which our mail came back."
    )
    contact_name = models.CharField(max_length=100, blank=True)
    contact_email = models.EmailField(blank=True, help_text="Where a guest can be reached.")
    asked_rating = models.ForeignKey(
        "Rating",
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        help_text="Of its last end, until the customer writes again.",
    )
    title = models.CharField(max_length=80, blank=True)
    last_seq = models.PositiveIntegerField(default=0)
    revision = models.PositiveIntegerField(default=0)
    summary = models.TextField(blank=True, help_text="Of the turns that the model is not sent any more.")
    summarised_through = models.PositiveBigIntegerField(
        null=True, help_text="The last turn that the summary covers."
    )
    summary_tried_through = models.PositiveBigIntegerField(
        null=True, help_text="The last turn of which a summary was asked for, whatever came of it."
    )
    created = models.DateTimeField(_("created"), default=timezone.now)
    updated = models.DateTimeField(_("updated"), default=timezone.now)

    objects = ConversationQuerySet.as_manager()

    MAX_SILENCE = timedelta(seconds=5)
    QUIET_END = timedelta(days=1)  # after which a conversation in which nothing happens has ended
    # Within which a customer who writes again has come back to the same matter.
    RETURN_PERIOD = timedelta(days=7)
    previous_revision = 0  # not stored: the revision at the beginning of the transaction that changes it

    class Meta:
        verbose_name = _("conversation")
        verbose_name_plural = _("conversations")
        ordering = ["-updated"]
        permissions = [
            ("assign_conversation", _("Can give a conversation to a colleague")),
            ("export_customer", _("Can export all data of a customer")),
        ]
        indexes = [
            models.Index(fields=["user", "-updated"]),
            models.Index(
                fields=["address_key"], condition=~models.Q(address_key=""), name="conversations_of_address"
            ),
            # With `last_seq`, so that a list counts those in which something was said by this index alone.
            models.Index(fields=["-updated", "last_seq"], name="conversations_by_age"),
            models.Index(fields=["created"], name="conversations_by_begin"),
            models.Index(
                fields=["waiting_since"], condition=models.Q(owner="waiting"), name="waiting_conversations"
            ),
            # Those of the assistant, nearly all, are not in it: a turn does not pay for it.
            models.Index(fields=["-updated"], condition=models.Q(owner="human"), name="human_conversations"),
            models.Index(
                fields=["assignee", "-updated"],
                condition=models.Q(assignee__isnull=False),
                name="assigned_conversations",
            ),
            PrefixIndex(
                fields=["contact_name"], condition=~models.Q(contact_name=""), name="conversations_by_name"
            ),
            PrefixIndex(
                fields=["contact_email"], condition=~models.Q(contact_email=""), name="conversations_by_email"
            ),
        ]

    def __str__(self) -> str:
        """Not its title, which is the customer's first words: Django keeps this in the log of admin for good."""
        return gettext("Conversation %(number)s") % {"number": self.pk}

    def get_absolute_url(self) -> str:
        return reverse("conversation", args=[self.public_id])

    @property
    def title_or_number(self) -> str:
        """What staff know it by, as long as it is there."""
        return self.title or str(self)

    @property
    def is_bot_silent(self) -> bool:
        """Whether somebody is taking the conversation over just now, so that the bot must not begin an answer.

        A moment further ahead than `MAX_SILENCE` means that the clock was set back since: it is over.
        """
        until, now = self.bot_silent_until, timezone.now()
        return until is not None and now < until <= now + self.MAX_SILENCE

    @property
    def visitor(self) -> Visitor:
        return Visitor(self.user_id, self.guest_key)

    @property
    def customer_name(self) -> str:
        if self.user is None:
            return self.contact_name or gettext("Guest")
        return self.user.get_full_name() or self.user.get_username()

    @property
    def reply_email(self) -> str:
        """Where the customer can be reached, empty if nobody knows. An account's own address goes first."""
        return (self.user.email if self.user else "") or self.contact_email

    @property
    def is_undeliverable(self) -> bool:
        """Whether our last mail to where the customer is reached today came back."""
        return bool(self.failed_email) and self.failed_email.lower() == self.reply_email.lower()

    @property
    def assignee_name(self) -> str:
        """What the customer reads of who has the conversation, empty if nobody has."""
        if self.assignee is None:
            return ""
        return self.assignee.get_short_name() or self.assignee.get_username()

    def next_seq(self) -> int:
        """The number of the next message. Save the conversation in the same transaction."""
        self.last_seq += 1
        return self.last_seq

    def next_revision(self) -> int:
        """Every change that a page must see gets a number. Save the conversation in the same transaction."""
        self.revision += 1
        self.updated = timezone.now()
        return self.revision

    @property
    def transcript(self) -> list[Turn]:
        """All that was said and done, for staff."""
        return _load_photos(self.turns.order_by("pk").prefetch_related("messages__tool_calls", "requests"))

    def recent_turns(
        self, size: int, before: int | None = None, after_revision: int | None = None
    ) -> list[Turn]:
        """The newest `size` turns, oldest first, with all that they hold.

        Three queries, and two more where there are photos, however long it all is.
        """
        turns = self.turns.order_by("-pk")
        if before is not None:
            turns = turns.filter(pk__lt=before)
        if after_revision is not None:
            # A running turn has grown since its last revision, so a page that asks is told of it again.
            turns = turns.filter(models.Q(revision__gt=after_revision) | models.Q(state=Turn.State.RUNNING))
        return _load_photos(turns.prefetch_related("messages__tool_calls")[:size])[::-1]


def _load_photos(turns: Iterable[Turn]) -> list[Turn]:
    """These turns, with the photos of their messages loaded."""
    loaded = list(turns)
    messages = [message for turn in loaded for message in turn.messages.all() if message.has_images]
    models.prefetch_related_objects(messages, "attachments__conversation")
    return loaded


def _compile_lock(*, skip_locked: bool = False) -> CompiledQuery[Conversation]:
    """The user comes by an outer join, which PostgreSQL cannot lock: only the conversation's row is.

    FOR NO KEY UPDATE: a transaction that inserts a row with a foreign key to it neither waits for us nor blocks us.
    """
    return CompiledQuery(
        Conversation,
        ["id"],
        lambda pk: (
            Conversation.objects.select_for_update(of=("self",), no_key=True, skip_locked=skip_locked)
            .select_related("user", "assignee")
            .filter(pk=pk)
        ),
    )


LOCKED_CONVERSATION = _compile_lock()
FREE_CONVERSATION = _compile_lock(skip_locked=True)
