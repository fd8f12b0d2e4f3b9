from typing import Any

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _


class MailPreference(models.Model):
    """What a member of staff wants to be told by mail. Who has none is told of everything."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, models.CASCADE, related_name="mail_preference")
    waiting = models.BooleanField(_("a customer waits for a person"), default=True)
    tickets = models.BooleanField(_("a new ticket was opened"), default=True)
    kept = models.BooleanField(_("an e-mail that could not be posted must be looked at"), default=True)

    class Meta:
        verbose_name = _("mail preference")
        verbose_name_plural = _("mail preferences")

    def __str__(self) -> str:
        return str(self.user)


class AccessCode(models.Model):
    """A code that was mailed to a guest. What is stored is its digest: whoever reads the table cannot come in."""

    conversation = models.ForeignKey(
        "conversations.Conversation", models.CASCADE, related_name="access_codes"
    )
    email = models.EmailField(db_index=True)
    digest = models.CharField(max_length=64)
    attempts = models.PositiveSmallIntegerField(default=0)
    created = models.DateTimeField(default=timezone.now, db_index=True)

    def __str__(self) -> str:
        return f"Code {self.pk}"


class SentMail(models.Model):
    """That a customer was sent a mail: what is sent by itself is counted, so that nobody has us flood an address."""

    conversation = models.ForeignKey("conversations.Conversation", models.CASCADE, related_name="sent_mails")
    email = models.CharField(max_length=254)
    kind = models.CharField(max_length=20)
    created = models.DateTimeField(default=timezone.now)

    class Meta:
        indexes = [models.Index(fields=["email", "created"], name="sent_mails_by_address")]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"


class TicketNotice(models.Model):
    """A ticket that an app has opened: staff and the customer are told of its number by mail, once."""

    number = models.CharField(max_length=40, unique=True)
    path = models.CharField(max_length=200, blank=True, help_text="Of its page for staff.")
    conversation: Any = models.ForeignKey(
        "conversations.Conversation", models.CASCADE, related_name="ticket_notices"
    )
    created = models.DateTimeField(default=timezone.now)
    mailed = models.DateTimeField(null=True, help_text="When the customer was told.")

    def __str__(self) -> str:
        return self.number


class IncomingMail(models.Model):
    """A mail that came in, and what was done with it. Each is taken once: `key` is made of its id and content.

    `text` is kept as long as nobody has posted it; then it stands in the conversation. All of it is untrusted.
    """

    class Outcome(models.TextChoices):
        POSTED = "posted", _("Posted in the conversation")
        OPENED = "opened", _("A conversation was begun")
        ATTACHED = "attached", _("Posted in the conversation by staff")
        FOREIGN = "foreign", _("Its sender isn’t the one we wrote to, or its mark isn’t ours")
        FORGED = "forged", _("Our mail server says that the sender is forged")
        UNKNOWN = "unknown", _("It answers none of our mails")
        LIMITED = "limited", _("Too many mails of strangers today")
        EMPTY = "empty", _("No new text was found in it")
        UNREADABLE = "unreadable", _("It could not be read")
        TOO_LARGE = "too_large", _("It was too large")
        AUTOMATIC = "automatic", _("An automatic reply or a newsletter")
        BOUNCE = "bounce", _("One of our mails could not be delivered")
        OWN = "own", _("One of our own mails")

    POSTED_OUTCOMES = (Outcome.POSTED, Outcome.OPENED, Outcome.ATTACHED)
    # What somebody of the staff must look at: words of a person that stand in no conversation.
    OPEN_OUTCOMES = (
        *(Outcome.FOREIGN, Outcome.FORGED, Outcome.UNKNOWN, Outcome.LIMITED),
        *(Outcome.EMPTY, Outcome.UNREADABLE, Outcome.TOO_LARGE),
    )
    NEEDS_STAFF = models.Q(handled=None, outcome__in=OPEN_OUTCOMES)

    key = models.CharField(max_length=64, unique=True, editable=False)
    message_id = models.CharField(max_length=300, blank=True, editable=False)
    outcome = models.CharField(_("what was done"), max_length=12, choices=Outcome)
    sender = models.CharField(_("sender"), max_length=254, blank=True)
    sender_name = models.CharField(_("name"), max_length=100, blank=True)
    subject = models.CharField(_("subject"), max_length=200, blank=True)
    text = models.TextField(_("text"), blank=True)
    left_out = models.JSONField(
        _("not kept"), default=list, blank=True, help_text=_("Attachments by name. Only photos are taken.")
    )
    size = models.PositiveBigIntegerField(_("size in bytes"), default=0)
    conversation: Any = models.ForeignKey(
        "conversations.Conversation",
        models.CASCADE,
        null=True,
        blank=True,
        related_name="incoming_mails",
        verbose_name=_("conversation"),
    )
    received = models.DateTimeField(_("received"), default=timezone.now, db_index=True)
    handled = models.DateTimeField(_("handled"), null=True, blank=True)
    handled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("handled by"),
    )

    class Meta:
        ordering = ["-pk"]
        verbose_name = _("incoming mail")
        verbose_name_plural = _("incoming mails")
        indexes = [
            models.Index(fields=["sender", "received"], name="incoming_mails_by_sender"),
            models.Index(
                fields=["-received"], condition=models.Q(handled=None), name="unhandled_incoming_mails"
            ),
        ]

    def __str__(self) -> str:
        """Not who wrote it: Django keeps this in the log of admin for good."""
        return gettext("Mail %(number)s") % {"number": self.pk}

    @property
    def needs_staff(self) -> bool:
        return self.handled is None and self.outcome in self.OPEN_OUTCOMES


class DelayedMail(models.Model):
    """A mail that could not be taken from its mailbox yet, and waits there until all others were tried."""

    mailbox = models.CharField(max_length=64, help_text="A digest of its address.")
    uid = models.CharField(max_length=20)
    failures = models.PositiveIntegerField(
        default=0, help_text="For which the mail itself may be the reason."
    )
    created = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["mailbox", "uid"], name="one_delay_of_a_mail")]

    def __str__(self) -> str:
        return self.uid
