"""What is known of one customer, an account or a guest, for the customer's page: few queries, however much there is."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.apps import apps
from django.contrib.auth import get_user_model
from django.db.models import Aggregate, Count, Q, QuerySet, Subquery, Sum, Value, Window
from django.template.loader import render_to_string
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from supportbot.app_modules import get_app_title
from supportbot.assistant.customer_exports import ExportedCustomer
from supportbot.assistant.customer_records import CustomerOnRecord, CustomerRecord, Records
from supportbot.conversations.models import Conversation
from supportbot.server.app_failures import call_or_log
from supportbot.usage.models import ModelRequest

from ..models import Note

SHOWN_ROWS = 15
# A guest has few; a network address that many share, or a test by the shop, may have any number.
MAX_GUEST_CONVERSATIONS = 200


@dataclass(frozen=True)
class Tokens:
    """`cost` is None where no price is known."""

    requests: int
    input: int
    output: int
    cost: Decimal | None


@dataclass(frozen=True)
class CustomerPage:
    """`user` is None for a guest; `email` is then what they said, which nobody has verified."""

    name: str
    email: str
    user: Any
    conversations: Sequence[Any]
    conversation_count: int
    tokens: Tokens
    notes: Sequence[Note]
    records: Sequence[SafeString]


def load_account_page(user_id: int, has_right: Callable[[str], bool]) -> CustomerPage | None:
    """None if there is no such account. `has_right` tells which records may be shown."""
    user = get_user_model()._default_manager.filter(pk=user_id).first()
    if user is None:
        return None
    theirs = Q(conversation__user=user)
    rows, count, tokens = _load_newest(Conversation.objects.filter(user=user), theirs)
    customer = CustomerOnRecord(user.pk, tuple(row.pk for row in rows), user.email)
    return CustomerPage(
        user.get_full_name() or user.get_username(),
        user.email,
        user,
        rows,
        count,
        tokens,
        _load_notes(theirs),
        _render_records(customer, has_right),
    )


def load_guest_page(conversation: Conversation, has_right: Callable[[str], bool]) -> CustomerPage:
    """The page of the guest of a conversation, with all else that came from that browser or that address."""
    keys = _find_guest_conversations(conversation)
    theirs = Q(conversation__in=keys)
    rows, count, tokens = _load_newest(Conversation.objects.filter(pk__in=keys), theirs)
    customer = CustomerOnRecord(None, tuple(keys), conversation.contact_email)
    return CustomerPage(
        conversation.contact_name or _("Guest"),
        conversation.contact_email,
        None,
        rows,
        count,
        tokens,
        _load_notes(theirs),
        _render_records(customer, has_right),
    )


def load_records(conversation: Conversation, has_right: Callable[[str], bool]) -> list[SafeString]:
    """What apps show of the customer of a conversation, in short, to stand beside it."""
    user = conversation.user
    if user is None:
        keys: Any = _find_guest_conversations(conversation)
    else:
        theirs = Conversation.objects.filter(user=user).order_by("-updated")
        keys = theirs.non_empty().values_list("pk", flat=True)[:SHOWN_ROWS]
    email = user.email if user else conversation.contact_email
    customer = CustomerOnRecord(conversation.user_id, tuple(keys), email)
    return _render_records(customer, has_right, "desk/customers/_short_records.html")


def find_exported_account(user_id: int) -> ExportedCustomer:
    theirs = Conversation.objects.filter(user=user_id)
    return ExportedCustomer((user_id,), tuple(theirs.order_by("pk").values_list("pk", flat=True)))


def find_exported_guest(conversation: Conversation) -> ExportedCustomer:
    """Less than their page shows: in the same browser, whoever has left another address may be somebody else."""
    same_browser, *others = _list_guest_queries(conversation)
    keys = same_browser.filter(Q(pk=conversation.pk) | Q(contact_email="")).union(*others)
    return ExportedCustomer((), tuple(pk for (pk,) in keys.order_by("pk")))


def _find_guest_conversations(conversation: Conversation) -> list[int]:
    first, *others = _list_guest_queries(conversation)
    newest = first.union(*others).order_by("-pk")[:MAX_GUEST_CONVERSATIONS]
    return [pk for (pk,) in newest]


def _list_guest_queries(conversation: Conversation) -> list[Any]:
    """Of the keys of the same browser's conversations, and where an address was left of those with that address.

    Each is served by an index.
    """
    guests = Conversation.objects.filter(user=None).order_by().values_list("pk")
    key = conversation.guest_key
    halves = [guests.filter(guest_key=key) if key else guests.filter(pk=conversation.pk)]
    if conversation.contact_email:
        # The index finds the beginning of an address in any case, and no whole one.
        same_address = guests.exclude(contact_email="").filter(
            contact_email__istartswith=conversation.contact_email,
            contact_email__iexact=conversation.contact_email,
        )
        halves.append(same_address)
    return halves


def _load_newest(conversations: QuerySet[Conversation], theirs: Q) -> tuple[list[Any], int, Tokens]:
    """The newest ones in which something was said, how many there are, and the tokens of all. One query."""
    rows: Any = conversations.filter(last_seq__gt=0).select_related("user", "assignee").order_by("-updated")
    newest = list(
        rows.annotate(
            total=Window(Count("*")),
            model_requests=_add_up(theirs, Count("pk")),
            tokens_read=_add_up(theirs, Sum("input")),
            tokens_written=_add_up(theirs, Sum("output")),
            cost=_add_up(theirs, Sum("cost")),
        )[:SHOWN_ROWS]
    )
    if not newest:
        return [], 0, Tokens(0, 0, 0, None)
    row = newest[0]
    tokens = Tokens(row.model_requests or 0, row.tokens_read or 0, row.tokens_written or 0, row.cost)
    return newest, row.total, tokens


def _add_up(theirs: Q, expression: Aggregate) -> Subquery:
    """Of all their requests to models, as a value that is the same in each row."""
    requests = ModelRequest.objects.filter(theirs).order_by().values(every=Value(1))
    return Subquery(requests.annotate(sum=expression).values("sum"))


def _load_notes(theirs: Q) -> list[Note]:
    return list(Note.objects.filter(theirs).select_related("conversation__user").order_by("-pk")[:SHOWN_ROWS])


def _render_records(
    customer: CustomerOnRecord,
    has_right: Callable[[str], bool],
    template: str = "desk/customers/_records.html",
) -> list[SafeString]:
    config: Any = apps.get_app_config("desk")
    shown = [describe for describe in config.customer_records if has_right(describe.right)]
    return [
        _render_or_replace(describe, customer, place, template)
        for place, describe in enumerate(shown, start=1)
    ]


def _render_or_replace(
    describe: CustomerRecord, customer: CustomerOnRecord, place: int, template: str
) -> SafeString:
    """Rendered at once, since the values of an app may fail as late as that."""
    function = describe.function
    owner = f"@customer_record {function.__module__}.{function.__qualname__}"
    rendered = call_or_log(owner, lambda: _render_block(describe(customer), place, template))
    if rendered is not None:
        return rendered
    context = {"title": get_app_title(function.__module__), "place": place}
    return render_to_string("desk/customers/_failed_records.html", context)


def _render_block(records: Records, place: int, template: str) -> SafeString:
    if not isinstance(records, Records):
        raise TypeError(f"It returned a {type(records).__name__}, which is no Records.")
    return render_to_string(template, {"records": records, "place": place})
