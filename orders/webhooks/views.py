"""The addresses to which orders are sent. None of them is there until its secret is set."""

import hashlib
import logging
import re
from collections.abc import Callable
from datetime import datetime
from functools import wraps
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed, JsonResponse
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt

from ..exported_orders import RefusedOrder
from ..exports.cells import UnreadableCell
from ..exports.times import read_time
from ..order_events import OrderEvent
from . import json_messages, shopify_messages, woocommerce_messages
from .deliveries import ReusedKeyError, build_key, store_events
from .payloads import UnreadableMessage, parse_message
from .secrets import has_token, is_signed, list_secrets

logger = logging.getLogger(__name__)

MAX_BODY_BYTES = 2 * 1024 * 1024  # far more than an order of 500 items
# WooCommerce asks whether anybody is there before it sends anything, and signs that with nothing.
PING = re.compile(rb"webhook_id=\d{1,20}")

View = Callable[[HttpRequest, str], HttpResponse]


def require_secret(setting_name: str) -> Callable[[View], Callable[[HttpRequest], HttpResponse]]:
    """A view of what is sent by who knows this secret, with which it is called."""

    def wrap_view(view: View) -> Callable[[HttpRequest], HttpResponse]:
        @csrf_exempt
        @wraps(view)
        def receive_message(request: HttpRequest) -> HttpResponse:
            secret = getattr(settings, setting_name)
            if not list_secrets(secret):
                raise Http404
            if request.method != "POST":
                return HttpResponseNotAllowed(["POST"])
            if _is_too_large(request):
                megabytes = MAX_BODY_BYTES // 1024 // 1024
                return _refuse(413, _("This is too large. The limit is %(limit)s MB.") % {"limit": megabytes})
            return view(request, secret)

        return receive_message

    return wrap_view


def _is_too_large(request: HttpRequest) -> bool:
    """Also where it does not say how large it is."""
    length = str(request.META.get("CONTENT_LENGTH") or "0")
    return not length.isdecimal() or int(length) > MAX_BODY_BYTES or len(request.body) > MAX_BODY_BYTES


@require_secret("SHOPIFY_WEBHOOK_SECRET")
def receive_shopify(request: HttpRequest, secret: str) -> HttpResponse:
    headers = request.headers
    if not is_signed(request.body, headers.get("X-Shopify-Hmac-Sha256", ""), secret):
        return _refuse(401, _("The signature is wrong or missing."))
    shop, topic = headers.get("X-Shopify-Shop-Domain", "").lower()[:255], headers.get("X-Shopify-Topic", "")
    delivery = headers.get("X-Shopify-Webhook-Id") or headers.get("X-Shopify-Event-Id", "")
    sent_at = _parse_time(headers.get("X-Shopify-Triggered-At", ""))
    is_test = headers.get("X-Shopify-Test", "").lower() == "true"

    def read_event(message: dict[str, Any]) -> OrderEvent | None:
        is_sample = is_test and shopify_messages.is_sample(message)
        return None if is_sample else shopify_messages.read_event(topic, message, shop, sent_at)

    return _store_platform_message(request, read_event, build_key("shopify", shop, topic, delivery))


@require_secret("WOOCOMMERCE_WEBHOOK_SECRET")
def receive_woocommerce(request: HttpRequest, secret: str) -> HttpResponse:
    headers = request.headers
    signature = headers.get("X-WC-Webhook-Signature", "")
    if not signature and PING.fullmatch(request.body):
        return JsonResponse({"outcome": "ready"})
    if not is_signed(request.body, signature, secret):
        return _refuse(401, _("The signature is wrong or missing."))
    shop, topic = _parse_host(headers.get("X-WC-Webhook-Source", "")), headers.get("X-WC-Webhook-Topic", "")
    return _store_platform_message(
        request,
        lambda message: woocommerce_messages.read_event(topic, message, shop),
        # All messages of one second have the same id, so the body belongs to it.
        build_key(
            "woocommerce",
            shop,
            hashlib.sha256(request.body).hexdigest(),
            headers.get("X-WC-Webhook-Delivery-ID", ""),
        ),
    )


@require_secret("ORDERS_API_TOKEN")
def receive_json(request: HttpRequest, secret: str) -> HttpResponse:
    if not has_token(request.headers.get("Authorization", ""), secret):
        response = _refuse(401, _("The token is wrong or missing. Send it as “Authorization: Bearer …”."))
        response["WWW-Authenticate"] = "Bearer"
        return response
    if problem := _check_content_type(request):
        return problem
    key = build_key("api", request.headers.get("Idempotency-Key", ""))
    try:
        events = json_messages.read_events(parse_message(request.body))
        outcomes = store_events(events, key, request.body)
    except UnreadableMessage as error:
        return _refuse(422, str(error))
    except ReusedKeyError:
        return _refuse(422, _("This Idempotency-Key was sent before with another body."))
    except RefusedOrder as refusal:
        return _refuse(409, _describe_conflict(refusal))
    return JsonResponse({"outcomes": outcomes} if outcomes is not None else {"outcome": "duplicate"})


def _store_platform_message(
    request: HttpRequest, read_event: Callable[[dict[str, Any]], OrderEvent | None], key: str
) -> HttpResponse:
    """Store what a platform has sent. What sending it again would not help is answered by 200, or it would be."""
    if problem := _check_content_type(request):
        return problem
    try:
        event = read_event(parse_message(request.body))
    except UnreadableMessage as error:
        return _refuse(422, str(error))
    except RefusedOrder as refusal:
        return _refuse(422, refusal.why)
    if event is None:
        return JsonResponse({"outcome": "ignored"})
    try:
        outcomes = store_events([event], key, request.body)
    except ReusedKeyError:
        outcomes = None
    except RefusedOrder as refusal:
        logger.warning(
            "Order %s of %s is not stored: another order has its number", refusal.number, event.platform
        )
        return JsonResponse({"outcome": "refused", "error": _describe_conflict(refusal)})
    left_out = [note.why for note in event.exported.notes] if event.exported else []
    if left_out:
        logger.warning(
            "A message about an order of %s has %d values that cannot be read", event.platform, len(left_out)
        )
    return JsonResponse({"outcome": outcomes[0] if outcomes else "duplicate", "left_out": left_out})


def _check_content_type(request: HttpRequest) -> HttpResponse | None:
    is_json = request.content_type == "application/json" or (request.content_type or "").endswith("+json")
    if is_json and "Content-Encoding" not in request.headers:
        return None
    return _refuse(415, _("Send JSON: “Content-Type: application/json”."))


def _describe_conflict(refusal: RefusedOrder) -> str:
    return _("Another order with the number %(number)s is stored. It stays as it is.") % {
        "number": refusal.number
    }


def _parse_time(text: str) -> datetime | None:
    """Shopify's has nine decimals of a second."""
    try:
        return read_time(re.sub(r"(\.\d{6})\d+", r"\1", text)) if text else None
    except UnreadableCell:
        return None


def _parse_host(address: str) -> str:
    try:
        return (urlsplit(address).hostname or "")[:255]
    except ValueError:
        return ""


def _refuse(status: int, words: str) -> HttpResponse:
    return JsonResponse({"error": words}, status=status)
