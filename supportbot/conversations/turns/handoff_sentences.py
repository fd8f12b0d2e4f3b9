"""What the server tells a customer when a conversation changes hands. None of it is ever written by a model."""

from collections.abc import Callable
from functools import wraps
from typing import Any, ParamSpec

from django.conf import settings
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from supportbot import opening_hours
from supportbot.languages import use_language

from ..models import Conversation
from . import reachability

P = ParamSpec("P")


def in_customer_language(describe: Callable[P, str]) -> Callable[P, str]:
    """Have a function, whose first argument is the conversation, write in the language of its customer."""

    @wraps(describe)
    def describe_in_language(*args: P.args, **kwargs: P.kwargs) -> str:
        conversation: Any = args[0]
        with use_language(conversation.language):
            return describe(*args, **kwargs)

    return describe_in_language


def count_waiting_before(conversation: Conversation) -> int:
    """How many conversations have been waiting for a person for longer than this one."""
    waiting = Conversation.objects.filter(owner=Conversation.Owner.WAITING).exclude(pk=conversation.pk)
    return waiting.filter(waiting_since__lt=conversation.waiting_since or timezone.now()).count()


@in_customer_language
def describe_wait(conversation: Conversation, reference: str = "") -> str:
    """What happens now: when a person answers, and where. `reference` is a ticket's number, or empty."""
    parts = [_describe_time(conversation), _describe_place(conversation)]
    if reference:
        parts.append(_("Your reference is %(reference)s.") % {"reference": reference})
    return " ".join(parts)


@in_customer_language
def describe_absence(conversation: Conversation) -> str:
    """Who has the conversation is away: when they answer, and where."""
    name = {"name": conversation.assignee_name}
    if opening_hours.is_open(timezone.now()):
        when = _("%(name)s is away right now, and will answer as soon as they are back.") % name
    else:
        away = _("%(name)s is away right now.") % name
        when = f"{away} {_describe_hours()}"
    return f"{when} {_describe_place(conversation)}"


@in_customer_language
def describe_absent_assignee(conversation: Conversation) -> str:
    """A colleague gave it to them: the customer is not told that they have joined, and whoever gave it reads that."""
    given = _("%(name)s has this conversation now.") % {"name": conversation.assignee_name}
    return f"{given} {describe_absence(conversation)}"


@in_customer_language
def describe_return(conversation: Conversation) -> str:
    return _("%(name)s has this conversation again.") % {"name": conversation.assignee_name}


def describe_closed_hours() -> str:
    """That the team isn't here now, and when it answers; empty while it is."""
    if opening_hours.is_open(timezone.now()):
        return ""
    return _("Our team isn't here right now. %(hours)s") % {"hours": _describe_hours()}


def _describe_time(conversation: Conversation) -> str:
    if closed := describe_closed_hours():
        return closed
    if not reachability.is_staff_here():
        return _(
            "All of our colleagues are away right now. One of them will answer as soon as they are back."
        )
    before = count_waiting_before(conversation)
    if not before:
        return _("You're next in line: a colleague will join this chat soon.")
    return ngettext(
        "There is %(before)d person before you. A colleague will join this chat after that.",
        "There are %(before)d people before you. A colleague will join this chat after that.",
        before,
    ) % {"before": before}


def _describe_hours() -> str:
    """When the team is there, and when it answers next."""
    hours = {"hours": opening_hours.describe_opening_hours()}
    opening = opening_hours.find_next_opening(timezone.now())
    if opening is None:
        return _("Our hours: %(hours)s.") % hours
    day = _("%(weekday)s, %(date)s") % {
        "weekday": date_format(opening, "l"),
        "date": date_format(opening, "MONTH_DAY_FORMAT"),
    }
    when = {"day": day, "time": date_format(opening, "TIME_FORMAT")}
    return _("Our hours: %(hours)s. We'll answer from %(day)s at %(time)s.") % (hours | when)


def _describe_place(conversation: Conversation) -> str:
    """Where the answer will come. Mail is promised only where it can be sent."""
    if not settings.ENVIRONMENT.smtp_url:
        return _("The answer will come here, in this chat.")
    if reachability.can_be_mailed(conversation):
        return _("The answer will come here, and by e-mail to %(email)s if you have left.") % {
            "email": conversation.reply_email
        }
    return _(
        "The answer will come here. Leave your e-mail address below so that we can reach you if you leave."
    )


@in_customer_language
def describe_takeover(conversation: Conversation) -> str:
    return _("%(name)s has joined the chat. You're now talking to a person.") % {
        "name": conversation.assignee_name
    }


@in_customer_language
def describe_cancelled_request(conversation: Conversation) -> str:
    return _("The AI assistant answers again. You can ask for a person at any time.")


@in_customer_language
def describe_hand_back(conversation: Conversation) -> str:
    return _("%(name)s has left the chat. The AI assistant answers again.") % {
        "name": conversation.assignee_name
    }


@in_customer_language
def describe_departure(conversation: Conversation) -> str:
    return _("%(name)s has left the chat.") % {"name": conversation.assignee_name}


@in_customer_language
def describe_closing(conversation: Conversation) -> str:
    return _("%(name)s has closed this conversation. Write again at any time to continue it.") % {
        "name": conversation.assignee_name
    }


@in_customer_language
def describe_end(conversation: Conversation) -> str:
    return _("The conversation has ended. Write again at any time to continue it.")


@in_customer_language
def describe_solved(conversation: Conversation, reference: str, *, is_by_customer: bool) -> str:
    """`reference` is a ticket's number."""
    if is_by_customer:
        told = _("You've said that %(reference)s is solved. Thank you for telling us.")
    else:
        told = _(
            "Our team has marked %(reference)s as solved. If it isn't, please answer under “My tickets”."
        )
    return told % {"reference": reference}


@in_customer_language
def describe_contact(conversation: Conversation) -> str:
    return _("Thank you. If you have left, we'll answer by e-mail to %(email)s.") % {
        "email": conversation.contact_email
    }


@in_customer_language
def describe_unsent(conversation: Conversation) -> str:
    return _("Our e-mail to %(email)s couldn't be sent. You can read everything here, in this chat.") % {
        "email": conversation.reply_email
    }


@in_customer_language
def describe_undeliverable(conversation: Conversation) -> str:
    return _(
        "Our e-mail to %(email)s came back: it couldn't be delivered. Please check the address. The answer will come "
        "here, in this chat."
    ) % {"email": conversation.reply_email}
