"""Stores orders in bulk, of an export or as a platform tells of them. Storing the same ones again changes nothing."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime, time, timedelta

from django.contrib.auth import get_user_model
from django.db import connection, transaction
from django.db.models import Q, Value
from django.db.models.functions import Lower, Upper
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from .exported_orders import ExportedItem, ExportedOrder, RefusedOrder
from .models import STAGES, LiveOrder, Order
from .upserts import IMPORTED_FIELDS, LOOKUP_KEYS, load_items, upsert_orders

# What staff also fill in. An order that comes without one of these keeps what is stored.
KEPT_FIELDS = (
    "phone",
    "shipped_at",
    "tracking",
    "tracking_url",
    "carrier",
    "expected_delivery",
    "delivered_at",
)
DELETED = gettext_lazy("The shop has deleted this order since.")
MAX_ZONES_APART = timedelta(hours=26)
ORDERS_LOCK = 0x6F7264657273  # of PostgreSQL's advisory locks


def lock_orders() -> None:
    """Have whoever else stores orders wait until the end of this transaction. SQLite does so by itself."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [ORDERS_LOCK])


@transaction.atomic
def save_orders(
    batch: Sequence[ExportedOrder], told: Mapping[str, str] | None = None
) -> tuple[Counter[str], list[RefusedOrder]]:
    """Save these orders in one transaction.

    `told` is what the platform itself had said of the fields that staff fill in too, as text by field; None if these
    orders come from an export.

    Returns how many are “new”, “updated” and “unchanged”, and how many of them went “back” to an earlier status; and
    those that are refused since another order has their number: an order never becomes another one.
    """
    lock_orders()
    known = _load_orders(batch)
    stored = load_items([exported.order.number for exported in batch])
    contents = {number: list(items.values()) for number, items in stored.items()}
    deleted = _find_deleted(batch) if told is None else {}
    orders = (*known.values(), *(exported.order for exported in batch))
    accounts = _find_accounts({order.email for order in orders} - {""})
    by_outcome: dict[str, list[ExportedOrder]] = {"new": [], "updated": [], "unchanged": []}
    counts = Counter[str]()
    refused = []
    for exported in batch:
        order, old = exported.order, known.get(exported.order.number)
        is_deleted = any(_is_deleted(order, live) for live in deleted.get(order.platform_id, ()))
        if conflict := str(DELETED) if is_deleted else _find_conflict(order, old):
            refused.append(RefusedOrder(exported.line, order.number, conflict))
            continue
        order.customer_id = _choose_account(order, old, accounts)
        outcome = _compare_with_stored(exported, old, contents.get(order.number, []), told or {})
        by_outcome[outcome].append(exported)
        if _goes_back(order, old):
            counts["back"] += 1
        # What comes next with this number is compared with this one, as if it were stored already.
        known[order.number], contents[order.number] = order, exported.items
    upsert_orders([*by_outcome["new"], *by_outcome["updated"]], stored)
    counts.update({outcome: len(found) for outcome, found in by_outcome.items()})
    return counts, refused


def _goes_back(order: Order, old: Order | None) -> bool:
    return old is not None and STAGES.index(order.status) < STAGES.index(old.status)


def _load_orders(batch: Sequence[ExportedOrder]) -> dict[str, Order]:
    """The stored orders with the numbers of these, by number.

    Of an order whose number is stored in another form, that form is taken: a spreadsheet makes 123 of 000000123, and
    people 1001 of #1001. It is the same order if person and time are the same.
    """
    numbers = [exported.order.number for exported in batch]
    known = {order.number: order for order in Order.objects.filter(number__in=numbers)}
    orders = [exported.order for exported in batch if exported.order.number not in known]
    is_likely = Q(key__in={order.key for order in orders})
    # The last group of digits is all of it where zeros may have been in front.
    is_likely |= Q(
        short_key__in={order.short_key for order in orders if _shorten_key(order) == order.short_key}
    )
    emails = {order.email for order in orders} - {""}
    stored = Order.objects.filter(is_likely, email__in=emails, ordered_at__isnull=False).order_by("-pk")
    others = {(old.email, _shorten_key(old)): old for old in stored} if emails else {}
    for order in orders:
        old = others.get((order.email, _shorten_key(order)))
        is_same = old and order.ordered_at and old.platform in ("", order.platform)
        if old and is_same and not _find_conflict(order, old):
            order.number, known[old.number] = old.number, old
            order.normalise_fields()
    return known


def _shorten_key(order: Order) -> str:
    return order.key.lstrip("0")


def _find_deleted(batch: Sequence[ExportedOrder]) -> dict[str, list[LiveOrder]]:
    """By the platform's id, the orders that their shops have deleted since: an older export may still have them."""
    ids = {exported.order.platform_id for exported in batch} - {""}
    deleted: dict[str, list[LiveOrder]] = defaultdict(list)
    for live in LiveOrder.objects.filter(platform_id__in=ids, deleted_at__isnull=False, order=None):
        deleted[live.platform_id].append(live)
    return deleted


def _is_deleted(order: Order, live: LiveOrder) -> bool:
    """Whether this is the order that was deleted, and not that of another shop with the same id.

    An export does not say of which shop it is. Only Shopify's ids are those of one order among all shops.
    """
    if order.platform != live.platform or live.platform == "shopify":
        return order.platform == live.platform
    number, written = live.told.get("number"), live.told.get("ordered_at")
    if number:
        return number == order.number and _may_be_same_time(order.ordered_at, parse_datetime(written or ""))
    others = LiveOrder.objects.filter(platform=live.platform).exclude(shop=live.shop)
    return not others.exists()


def _may_be_same_time(one: datetime | None, other: datetime | None) -> bool:
    """Whether these may be one time: exports leave the zone out, and all zones differ by quarters of an hour."""
    one, other = _round_times(one, other)
    if not (one and other):
        return True
    return abs(one - other) <= MAX_ZONES_APART and not (one - other) % timedelta(minutes=15)


def _find_conflict(order: Order, old: Order | None) -> str:
    """Why a stored order with the same number is another one; empty if it is the same, or there is none."""
    if old is None:
        return ""
    is_other_person = bool(order.email and old.email and order.email != old.email)
    one_time, other_time = _round_times(order.ordered_at, old.ordered_at)
    is_other_time = bool(one_time and other_time and one_time != other_time)
    if order.email and order.email == old.email and _is_day_of(order.ordered_at, old.ordered_at):
        is_other_time = False
    is_one_platform = order.platform == old.platform or not (order.platform and old.platform)
    if not (order.platform_id and old.platform_id and is_one_platform):
        is_other = is_other_person or is_other_time
    elif order.platform_id == old.platform_id:
        is_other = is_other_person and is_other_time  # ids of small shops are no larger than those of others
    else:
        is_other = True
    if not is_other:
        return ""
    if old.email:
        words = _("Another order with this number is stored, that of %(email)s. It stays as it is.")
        return words % {"email": old.email}
    return _("Another order with this number is stored, without an e-mail address. It stays as it is.")


def _is_day_of(one: datetime | None, other: datetime | None) -> bool:
    """Whether this is the day of another time, without its hour, as a spreadsheet may have saved it."""
    if not (one and other):
        return False
    day, moment = timezone.localtime(one), timezone.localtime(other)
    return day.time() == time() and day.date() == moment.date()


def _round_times(one: datetime | None, other: datetime | None) -> tuple[datetime | None, datetime | None]:
    """To the minute where one of them has no seconds, as spreadsheets write them."""
    if one and other and 0 in (one.second, other.second):
        return one.replace(second=0, microsecond=0), other.replace(second=0, microsecond=0)
    return one, other


def _find_accounts(emails: set[str]) -> dict[str, int]:
    """The primary key of the account that orders are linked to, by the orders' e-mail address.

    It is the active account with that address, if there is just one. The shop vouches for its accounts' addresses by
    importing: where customers can sign up by themselves, an address must be verified before the account is active.
    """
    # In capitals, as the index `accounts_by_email` has them: each order that a shop tells of asks for this.
    written = get_user_model().objects.annotate(capitals=Upper("email"), address=Lower("email"))
    users = written.filter(capitals__in=[Upper(Value(email)) for email in emails], is_active=True)
    found = list(users.values_list("address", "pk"))
    times = Counter(address for address, _ in found)
    return {address: pk for address, pk in found if times[address] == 1}


def _choose_account(order: Order, old: Order | None, accounts: Mapping[str, int]) -> int | None:
    """The account that may see the order: that of its address, but for the one that it is linked to already.

    A link that an address has made goes with it when the shop corrects the address; that of staff stays.
    """
    by_address = accounts.get(order.email)
    if old is None or old.customer_id is None:
        return by_address
    is_corrected = bool(order.email and old.email and order.email != old.email)
    was_by_address = old.customer_id == accounts.get(old.email)
    return by_address if is_corrected and was_by_address else old.customer_id


def _compare_with_stored(
    exported: ExportedOrder, old: Order | None, contents: list[ExportedItem], told: Mapping[str, str]
) -> str:
    """“new”, “updated” or “unchanged”. Copies into the exported order what only the stored one knows."""
    if old is None:
        return "new"
    order = exported.order
    _keep_staff_changes(order, old, told)
    if _is_day_of(order.ordered_at, old.ordered_at):
        order.ordered_at = old.ordered_at
    if exported.unknown:
        for field in exported.unknown - {"items"}:
            setattr(order, field, getattr(old, field))
        if "items" in exported.unknown:
            exported.items[:] = contents
        order.normalise_fields()
    same = all(getattr(order, field) == getattr(old, field) for field in (*IMPORTED_FIELDS, *LOOKUP_KEYS))
    return "unchanged" if same and exported.items == contents else "updated"


def _keep_staff_changes(order: Order, old: Order, told: Mapping[str, str]) -> None:
    """Keep what staff filled in and that an order has arrived, unless the platform itself had said that before."""
    if not order.platform_id:
        order.platform, order.platform_id = old.platform or order.platform, old.platform_id
    for field in KEPT_FIELDS:
        stored, new, told_before = getattr(old, field), getattr(order, field), told.get(field)
        # What the platform says once more is no news to whoever has corrected it.
        is_news = bool(new) and str(new) != told_before
        if stored and str(stored) != told_before and not is_news:
            setattr(order, field, stored)
    was_told = told.get("status") == Order.Status.DELIVERED
    if old.status == Order.Status.DELIVERED and order.status == Order.Status.SHIPPED and not was_told:
        order.status = Order.Status.DELIVERED
    order.normalise_fields()
