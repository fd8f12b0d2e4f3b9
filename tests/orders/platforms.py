"""Messages as Shopify and WooCommerce document them, of invented orders, and a sender that signs them as they do."""

import base64
import copy
import hashlib
import hmac
import json
from typing import Any

from django.test import Client

SECRET = "3f9d0c6a5b1e47f2a8d49c7be01f2a66"

SHOPIFY_ORDER: dict[str, Any] = {
    "id": 820982911946154508,
    "admin_graphql_api_id": "gid://shopify/Order/820982911946154508",
    "cancelled_at": None,
    "confirmed": True,
    "contact_email": "zoe@example.com",
    "created_at": "2026-09-01T09:00:00-04:00",
    "currency": "EUR",
    "current_total_price": "24.90",
    "email": "zoe@example.com",
    "financial_status": "paid",
    "fulfillment_status": None,
    "name": "#1001",
    "note_attributes": [],
    "order_number": 1001,
    "phone": "+49 30 1234567",
    "subtotal_price": "20.00",
    "test": False,
    "total_price": "24.90",
    "total_shipping_price_set": {"shop_money": {"amount": "4.90", "currency_code": "EUR"}},
    "total_tax": "3.98",
    "updated_at": "2026-09-01T09:00:00-04:00",
    "billing_address": {"first_name": "Zoe", "last_name": "Zimmer", "name": "Zoe Zimmer", "phone": None},
    "customer": {"id": 115310627314723954, "email": "zoe@example.com", "first_name": "Zoe"},
    "fulfillments": [],
    "line_items": [
        {
            "id": 866550311766439020,
            "fulfillment_status": None,
            "name": "Mug - Blue",
            "price": "10.00",
            "quantity": 2,
            "sku": "MUG-B",
            "title": "Mug",
            "variant_title": "Blue",
        }
    ],
    "refunds": [],
    "shipping_address": {"name": "Zoe Zimmer", "phone": None},
    "shipping_lines": [{"id": 271878346596884015, "price": "4.90", "title": "DHL Paket"}],
}
SHOPIFY_PARCEL = {
    "id": 255858046,
    "created_at": "2026-09-02T10:00:00-04:00",
    "order_id": 820982911946154508,
    "shipment_status": None,
    "status": "success",
    "tracking_company": "DHL",
    "tracking_number": "357962501027",
    "tracking_numbers": ["357962501027"],
    "tracking_url": "https://dhl.example/track?id=357962501027",
    "updated_at": "2026-09-02T10:00:00-04:00",
}
WOOCOMMERCE_ORDER: dict[str, Any] = {
    "id": 727,
    "parent_id": 0,
    "number": "727",
    "order_key": "wc_order_58d2d042d1d",
    "status": "processing",
    "currency": "EUR",
    "date_created": "2026-09-01T11:00:00",
    "date_created_gmt": "2026-09-01T09:00:00",
    "date_modified": "2026-09-01T11:00:10",
    "date_modified_gmt": "2026-09-01T09:00:10",
    "discount_total": "0.00",
    "shipping_total": "4.90",
    "total": "24.90",
    "total_tax": "3.98",
    "prices_include_tax": False,
    "customer_id": 0,
    "billing": {
        "first_name": "Zoe",
        "last_name": "Zimmer",
        "company": "",
        "email": "zoe@example.com",
        "phone": "030 1234567",
    },
    "shipping": {"first_name": "Zoe", "last_name": "Zimmer", "phone": ""},
    "payment_method_title": "Direct Bank Transfer",
    "date_paid": "2026-09-01T11:00:08",
    "date_paid_gmt": "2026-09-01T09:00:08",
    "date_completed": None,
    "date_completed_gmt": None,
    "meta_data": [{"id": 13106, "key": "_download_permissions_granted", "value": "yes"}],
    "line_items": [
        {
            "id": 315,
            "name": "Mug",
            "quantity": 3,
            "subtotal": "20.00",
            "total": "20.00",
            "sku": "MUG-B",
            "price": 6.666666666666667,
        }
    ],
    "shipping_lines": [{"id": 317, "method_title": "Flat Rate", "method_id": "flat_rate", "total": "4.90"}],
    "refunds": [],
}
WOOCOMMERCE_PARCELS = {
    "id": 13107,
    "key": "_wc_shipment_tracking_items",
    "value": [
        {
            "tracking_provider": "dhl",
            "custom_tracking_provider": "",
            "custom_tracking_link": "https://dhl.example/track?id=357962501027",
            "tracking_number": "357962501027",
            "date_shipped": "1788336000",
        }
    ],
}

JSON_ORDER: dict[str, Any] = {
    "number": "B-77",
    "email": "Zoe@Example.com",
    "status": "shipped",
    "currency": "EUR",
    "total": "24.90",
    "ordered_at": "2026-09-01T09:00:00Z",
    "updated_at": "2026-09-02T09:00:00Z",
    "expected_delivery": "2026-09-05",
    "items": [{"name": "Mug", "quantity": 2, "price": 10, "state": "shipped"}],
}


def change_order(order: dict[str, Any], **changes: Any) -> dict[str, Any]:
    return copy.deepcopy(order) | changes


def sign(body: bytes, secret: str = SECRET) -> str:
    return base64.b64encode(hmac.digest(secret.encode(), body, hashlib.sha256)).decode()


class Sender:
    """Sends messages as the platforms do; each has a delivery id of its own unless one is given."""

    def __init__(self) -> None:
        self._client = Client(enforce_csrf_checks=True)
        self._sent_count = 0

    def post(self, path: str, body: bytes, content_type: str = "application/json", **headers: str) -> Any:
        return self._client.post(path, body, content_type, headers=headers)

    def send_shopify(
        self,
        message: Any,
        topic: str = "orders/updated",
        delivery: str = "",
        secret: str = SECRET,
        **headers: str,
    ) -> Any:
        body = json.dumps(message).encode()
        signed = {"X-Shopify-Hmac-Sha256": sign(body, secret), "X-Shopify-Topic": topic}
        signed |= {
            "X-Shopify-Shop-Domain": "mugs.myshopify.com",
            "X-Shopify-Webhook-Id": self._name(delivery),
        }
        return self.post("/orders/webhooks/shopify", body, **(signed | headers))

    def send_woocommerce(
        self,
        message: Any,
        topic: str = "order.updated",
        delivery: str = "",
        secret: str = SECRET,
        **headers: str,
    ) -> Any:
        body = json.dumps(message).encode()
        signed = {"X-WC-Webhook-Signature": sign(body, secret), "X-WC-Webhook-Topic": topic}
        signed |= {
            "X-WC-Webhook-Source": "https://mugs.example/",
            "X-WC-Webhook-Delivery-ID": self._name(delivery),
        }
        return self.post("/orders/webhooks/woocommerce/", body, **(signed | headers))

    def send_json(self, message: Any, token: str = SECRET, **headers: str) -> Any:
        body = json.dumps(message).encode()
        return self.post("/orders/api", body, **({"Authorization": f"Bearer {token}"} | headers))

    def _name(self, delivery: str) -> str:
        self._sent_count += 1
        return delivery or f"delivery-{self._sent_count}"
