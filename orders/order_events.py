"""Stores what a shop's platform tells of one order: once, in the platform's own order, and never as somebody else's."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from .exported_orders import ExportedOrder, RefusedOrder
from .importer import KEPT_FIELDS, lock_orders, save_orders
from .models import STAGES, LiveOrder, Order


class Outcome(StrEnum):
    STORED = "stored"
    UNCHANGED = "unchanged"
    DELETED = "deleted"
    LATE = "late"  # something newer is known


@dataclass(frozen=True, slots=True)
class OrderEvent:
    """A message about one order. Without `exported` it says that the order was deleted."""

    platform: str
    shop: str
    platform_id: str
    exported: ExportedOrder | None = None
    changed_at: datetime | None = None  # by the platform, None where it does not say
    sent_at: datetime | None = None
    is_first: bool = False  # the order has just been placed
    is_restored: bool = False  # it had been deleted
    # Of a deleted order, from systems that know it by its number, with the id that they gave it.
    number: str = ""
    order_id: str = ""

    def derive_stage(self) -> int:
        """Which of two messages of one second is the newer one, as far as that can be told."""
        if self.exported is None or self.is_first:
            return -1
        return STAGES.index(self.exported.order.status)

    @property
    def happened_at(self) -> datetime:
        return self.changed_at or self.sent_at or timezone.now()


@transaction.atomic
def store_event(event: OrderEvent) -> Outcome:
    """Raises `RefusedOrder` if another order has the number."""
    lock_orders()
    live, _created = LiveOrder.objects.select_related("order").get_or_create(
        platform=event.platform, shop=event.shop, platform_id=event.platform_id
    )
    if not _is_newer(event, live):
        return Outcome.LATE
    if event.exported is None:
        return _delete_order(event, live)
    outcome = _save_order(event.exported, live)
    live.changed_at, live.sent_at, live.stage = event.happened_at, event.sent_at, event.derive_stage()
    live.deleted_at = None
    live.save()
    return outcome


def _is_newer(event: OrderEvent, live: LiveOrder) -> bool:
    if event.exported is None:
        is_known = live.deleted_at or (
            live.changed_at and event.changed_at and event.changed_at < live.changed_at
        )
        return not is_known
    happened_at = event.happened_at
    if live.deleted_at and not event.is_restored:
        return _is_after_deletion(happened_at, live.deleted_at, live.changed_at)
    if live.changed_at is None or happened_at != live.changed_at:
        return live.changed_at is None or happened_at > live.changed_at
    if event.sent_at and live.sent_at and event.sent_at != live.sent_at:
        return event.sent_at > live.sent_at
    return event.derive_stage() >= live.stage


def _is_after_deletion(happened_at: datetime, deleted_at: datetime, changed_at: datetime | None) -> bool:
    """Whether an order that was deleted is there again. Where our own clock says when that was, it decides."""
    is_platform_time = deleted_at == changed_at
    return happened_at > deleted_at and (is_platform_time or happened_at <= timezone.now())


def _delete_order(event: OrderEvent, live: LiveOrder) -> Outcome:
    """Delete it, also one that only an import has stored, and remember that."""
    order = live.order or _find_imported_order(event)
    # By these an older export of it is told from the order of another shop that has the same id.
    live.order, live.told = None, {"number": order.number, "ordered_at": _write_time(order)} if order else {}
    if event.changed_at:
        live.deleted_at = live.changed_at = event.changed_at
    else:
        # Clocks differ: a deletion is newer than what was known.
        known_until = live.changed_at + timedelta(microseconds=1) if live.changed_at else event.happened_at
        live.deleted_at = max(event.happened_at, known_until)
    live.save()
    if order:
        order.delete()
    return Outcome.DELETED


def _write_time(order: Order) -> str | None:
    return order.ordered_at.isoformat() if order.ordered_at else None


def _find_imported_order(event: OrderEvent) -> Order | None:
    """The one with this number or id, of this platform or of an import from before platforms were stored."""
    if event.number:
        order = Order.objects.filter(number=event.number).first()
        if order and order.platform_id not in ("", event.order_id or order.platform_id):
            raise RefusedOrder(0, event.number, _("Another order with this number is stored."))
        return order
    others = LiveOrder.objects.filter(platform=event.platform, platform_id=event.platform_id)
    if others.exclude(shop=event.shop).exists():
        return None  # it may be that of another shop
    platforms = (event.platform, "")
    orders = Order.objects.filter(
        platform_id=event.platform_id, platform__in=platforms, live=None
    ).order_by()[:2]
    return orders[0] if len(orders) == 1 else None


def _save_order(exported: ExportedOrder, live: LiveOrder) -> Outcome:
    order, told = exported.order, dict(live.told)
    if live.order and live.order.number != order.number:
        _rename_order(live.order, order.number)
    facts = {field: str(value) for field in (*KEPT_FIELDS, "status") if (value := getattr(order, field))}
    counts, refused = save_orders([exported], told)
    if refused:
        raise refused[0]
    live.order = Order.objects.get(number=order.number)
    live.told = facts
    return Outcome.UNCHANGED if counts["unchanged"] else Outcome.STORED


def _rename_order(order: Order, number: str) -> None:
    """Follow a platform that has given the order another number."""
    if Order.objects.filter(number=number).exists():
        raise RefusedOrder(0, number, _("Another order with this number is stored."))
    order.number = number
    order.save()
