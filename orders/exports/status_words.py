"""What platforms, their plugins and shops call the states of an order, in whatever spelling they write them."""

import re
import unicodedata
from functools import lru_cache

from ..models import Order, OrderItem

WORDS = {
    Order.Status.SHIPPED: (
        "shipped, fulfilled, dispatched, despatched, order dispatched, sent, in transit, out for delivery, on the way, "
        "on its way, en route, attempted delivery, delivery attempted, handed over to carrier, versandt, versendet, "
        "verschickt, unterwegs, in zustellung, expedie, expediee, envoye, en cours de livraison, enviado, en camino, "
        "em transito, spedito, in consegna, verzonden, onderweg, wysłane, wysłano, wyslane, wyslano, skickad, afsendt, "
        "sendt, odeslano, elkuldve, kargoda, kargoya verildi, expediat, отправлен, отправлено, відправлено, 発送済み, "
        "已发货, 已發貨, 배송중, "
        "order shipped, shipped out for delivery, shipped in transit, shipped picked up, komplett versendet, "
        "vollstandig versandt, komplett ausgeliefert, warenausgang gebucht, remis au transporteur, despachado, "
        "en transito, in transito, verstuurd, отгружен, в пути, 出荷済み, 运输中, 배송 중, "
        # What is done with was sent.
        "done, completed, complete, abgeschlossen, komplett abgeschlossen, fertiggestellt, erledigt, "
        "terminee, termine, completado, completada, "
        "completato, concluido, concluida, voltooid, afgerond, zrealizowane, zrealizowano, slutford, fullført, "
        "gennemført, dokonceno, teljesitve, tamamlandi, tamamlandı, finalizata, завершен, выполнен, выполнено, "
        "виконано, завершено, 完了, 已完成, 완료"
    ),
    Order.Status.PARTLY_SHIPPED: (
        "partial, partially fulfilled, partially shipped, partial shipped, partly shipped, partially sent, "
        "partially dispatched, partially delivered, partly delivered, teilweise versandt, teilversandt, "
        "teilweise geliefert, partiellement expedie, parcialmente enviado, parzialmente spedito, "
        "gedeeltelijk verzonden, partly dispatched, teilweise versendet, teilversendet, teilweise ausgeliefert, "
        "enviado parcialmente, spedito parzialmente, deels verzonden"
    ),
    Order.Status.DELIVERED: (
        "delivered, zugestellt, geliefert, livre, livree, entregado, entregue, consegnato, bezorgd, geleverd, "
        "dostarczone, dostarczono, levererad, leveret, levert, doruceno, kezbesitve, teslim edildi, livrat, "
        "доставлен, доставлено, 配達済み, 已送达, 배송완료, order delivered, "
        "shipped delivered to buyer, 配達完了, 已签收"
    ),
    Order.Status.RETURNED: (
        "returned, restocked, retourniert, zuruckgesendet, retourne, devuelto, devolvido, restituito, geretourneerd, "
        "zwrocone, returnerad, returneret, vraceno, iade edildi, возвращен, "
        "returned to sender, shipped returned to seller, rto delivered, retour, retoure, zwrot, возврат"
    ),
    Order.Status.CANCELLED: (
        "cancelled, canceled, storniert, annule, annulee, cancelado, annullato, geannuleerd, anulowane, annullerad, "
        "annulleret, zruseno, iptal edildi, отменен, отменено, will not deliver, "
        "order cancelled, order canceled, storniert abgelehnt, anulado, anulowano, kansellert, peruutettu, torolve, "
        "iptal, скасовано, 已取消, キャンセル, 취소"
    ),
    Order.Status.PROCESSING: (
        "processing, unfulfilled, not fulfilled, unshipped, pending, open, on hold, scheduled, in progress, "
        "request declined, pending fulfillment, awaiting fulfillment, awaiting shipment, awaiting pickup, "
        "ready to ship, ready for pickup, ready for shipping, packed, packing, label printed, label purchased, "
        "backordered, backorder, pre ordered, preordered, partially paid, awaiting processing, in bearbeitung, "
        "wird bearbeitet, wartend, offen, en cours, en attente, en cours de traitement, procesando, en proceso, "
        "en espera, processando, em processamento, in lavorazione, in attesa, in behandeling, "
        "in de wacht, w trakcie realizacji, oczekujace"
    ),
}
# What was paid back says nothing of the goods.
REFUNDED = (
    "refunded, erstattet, ruckerstattet, zuruckerstattet, rembourse, remboursee, reembolsado, reembolsada, rimborsato, "
    "terugbetaald, aterbetald, refunderet, refundert, возвращены средства, 已退款, 返金済み, 환불"
)
REFUND_WORDS = frozenset(REFUNDED.split(", "))
STATUSES = {word: status for status, words in WORDS.items() for word in words.split(", ")}
ITEM_STATES = {
    Order.Status.SHIPPED: OrderItem.State.SHIPPED,
    Order.Status.DELIVERED: OrderItem.State.SHIPPED,
    Order.Status.PARTLY_SHIPPED: OrderItem.State.PARTLY_SHIPPED,
    Order.Status.RETURNED: OrderItem.State.RETURNED,
    Order.Status.CANCELLED: OrderItem.State.CANCELLED,
    Order.Status.PROCESSING: OrderItem.State.NOT_SHIPPED,
}


@lru_cache(maxsize=256)
def simplify_state(text: str) -> str:
    """“PARTIALLY_FULFILLED”, “Partially - fulfilled” and “partially fulfilled!” are the same, and so are é and e."""
    plain = "".join(each for each in unicodedata.normalize("NFD", text) if not "\u0300" <= each <= "\u036f")
    return re.sub(r"[\W_]+", " ", unicodedata.normalize("NFC", plain)).strip().lower()


def simplify_status(text: str) -> str:
    """“wc-on-hold”, “On Hold” and “on_hold” are the same."""
    return simplify_state(text).removeprefix("wc ")


def find_status(text: str) -> Order.Status | None:
    """The status that the word stands for, None if it is not known."""
    return STATUSES.get(simplify_status(text))


def find_item_state(text: str) -> str:
    """The state of an item, empty if the word says nothing of it."""
    status = find_status(text)
    return ITEM_STATES.get(status, "") if status else ""
