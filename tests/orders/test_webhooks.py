"""Orders are taken from who knows the secret, in a form that can be read, and from nobody else."""

import json
from typing import Any

import pytest
from django.core.checks import run_checks

from orders.models import LiveOrder, Order, OrderItem, ProcessedDelivery

from .platforms import (
    JSON_ORDER,
    SECRET,
    SHOPIFY_ORDER,
    WOOCOMMERCE_ORDER,
    Sender,
    change_order,
    sign,
)

pytestmark = pytest.mark.django_db


def is_nothing_stored() -> bool:
    return not any(model.objects.exists() for model in (Order, OrderItem, LiveOrder, ProcessedDelivery))


# Who may send.


def send_to_all(sender: Sender, **changes: Any) -> list[int]:
    return [
        sender.send_shopify(SHOPIFY_ORDER, **changes).status_code,
        sender.send_woocommerce(WOOCOMMERCE_ORDER, **changes).status_code,
        sender.send_json(JSON_ORDER, **({"token": changes["secret"]} if changes else {})).status_code,
    ]


def test_with_the_secret_an_order_is_stored(sender):
    assert send_to_all(sender) == [200, 200, 200]
    assert sorted(Order.objects.values_list("number", flat=True)) == ["#1001", "727", "B-77"]


@pytest.mark.parametrize(
    "secret", ["another secret of 32 characters.", SECRET[:-1], f"{SECRET} "[1:], "ü" * 32]
)
def test_with_another_secret_it_is_401_and_nothing_is_stored(sender, secret):
    if secret.isascii():
        assert send_to_all(sender, secret=secret) == [401, 401, 401]
    else:
        assert sender.send_shopify(SHOPIFY_ORDER, secret=secret).status_code == 401
    assert is_nothing_stored()


@pytest.mark.parametrize("signature", ["", "é", "not base64!", "AAAA", SECRET])
def test_without_a_right_signature_it_is_401_and_nothing_is_stored(sender, signature):
    answers = [
        sender.send_shopify(SHOPIFY_ORDER, **{"X-Shopify-Hmac-Sha256": signature}),
        sender.send_woocommerce(WOOCOMMERCE_ORDER, **{"X-WC-Webhook-Signature": signature}),
        sender.send_json(JSON_ORDER, Authorization=signature),
        sender.send_json(JSON_ORDER, Authorization=f"Basic {SECRET}"),
    ]
    assert [answer.status_code for answer in answers] == [401] * 4
    assert all(answer.json()["error"] for answer in answers)
    assert is_nothing_stored()


def test_a_signature_is_of_that_body_alone(sender):
    signed = sign(json.dumps(SHOPIFY_ORDER).encode())
    cheaper = change_order(SHOPIFY_ORDER, total_price="0.01")
    assert sender.send_shopify(cheaper, **{"X-Shopify-Hmac-Sha256": signed}).status_code == 401


@pytest.mark.parametrize("unset", ["", "   ", "short"])
def test_an_address_without_its_secret_is_not_there(sender, settings, unset):
    settings.SHOPIFY_WEBHOOK_SECRET = settings.WOOCOMMERCE_WEBHOOK_SECRET = settings.ORDERS_API_TOKEN = unset
    assert send_to_all(sender, secret=unset) == [404, 404, 404]
    assert is_nothing_stored()


def test_while_one_secret_replaces_another_both_are_taken(sender, settings):
    new = "0123456789abcdef0123456789abcdef"
    settings.SHOPIFY_WEBHOOK_SECRET = settings.WOOCOMMERCE_WEBHOOK_SECRET = f"{new}, {SECRET}"
    settings.ORDERS_API_TOKEN = f"{new},{SECRET}"
    assert send_to_all(sender) == [200, 200, 200]
    assert send_to_all(sender, secret=new) == [200, 200, 200]


@pytest.mark.parametrize(
    ("value", "problems"),
    [
        ("", 0),
        (SECRET, 0),
        ("short", 3),
        (f"{SECRET}, {SECRET}", 0),
        (f"{SECRET},too short", 3),  # WooCommerce makes some with commas
        ("a secret with spaces in it", 1),
        ("with a line\nend in it, really", 4),
    ],
)
def test_a_secret_that_protects_nothing_is_told_by_check_without_showing_it(settings, value, problems):
    settings.SHOPIFY_WEBHOOK_SECRET = settings.WOOCOMMERCE_WEBHOOK_SECRET = settings.ORDERS_API_TOKEN = value
    found = [each for each in run_checks(tags=["security"]) if str(each.id).startswith("orders.")]
    assert len(found) == problems
    assert not value or value not in str(found)


def test_what_is_wrong_with_a_message_is_said_in_the_reader_s_language(sender, monkeypatch):
    words = {
        "orders.webhooks.payloads": [b"[]"],
        "orders.webhooks.shopify_messages": [b"{}"],
        "orders.exports.orders": [b'{"id": 1, "updated_at": "soon"}'],
    }
    for module in words:
        monkeypatch.setattr(f"{module}._", lambda text: f"ÜBERSETZT {text}")
    for body in [body for bodies in words.values() for body in bodies]:
        signed = {"X-Shopify-Hmac-Sha256": sign(body, SECRET), "X-Shopify-Topic": "orders/updated"}
        answer = sender.post("/orders/webhooks/shopify", body, **signed)
        assert (answer.status_code, answer.json()["error"].startswith("ÜBERSETZT")) == (422, True), body


@pytest.mark.parametrize("path", ["/orders/webhooks/shopify", "/orders/webhooks/woocommerce/", "/orders/api"])
def test_only_post_is_answered(sender, client, path):
    assert client.get(path).status_code == 405


# What is wrong with a message.


@pytest.mark.parametrize(
    ("body", "content_type", "status"),
    [
        (b"{" + b" " * (2 * 1024 * 1024), "application/json", 413),
        (b"{}", "text/plain", 415),
        (b"<order/>", "application/xml", 415),
        # What another system sends is read as no form of ours.
        (b"--a\r\n\r\n{}\r\n--a--", "multipart/form-data; boundary=a", 415),
        (b"page_language=de", "application/x-www-form-urlencoded", 415),
        (b" ", "application/json", 422),
        (b"[]", "application/json", 422),
        (b'{"id": NaN}', "application/json", 422),
        (b'{"id": "\xff"}', "application/json", 422),
        (b"[" * 100_000, "application/json", 422),
        (b"{}", "application/json", 422),
        (b'{"id": 5, "name": "", "number": ""}', "application/json", 422),
        (b'{"id": [1], "name": {"a": 1}, "number": [2]}', "application/json", 422),
    ],
)
def test_what_cannot_be_read_is_refused_in_plain_words(sender, body, content_type, status):
    signed = {"X-Shopify-Hmac-Sha256": sign(body), "X-Shopify-Topic": "orders/updated"}
    answers = [
        sender.post("/orders/webhooks/shopify", body, content_type, **signed),
        sender.post("/orders/api", body, content_type, Authorization=f"Bearer {SECRET}"),
    ]
    if b"number" not in body:  # WooCommerce's own id is the number where there is no other one
        signed = {"X-WC-Webhook-Signature": sign(body), "X-WC-Webhook-Topic": "order.updated"}
        answers.append(sender.post("/orders/webhooks/woocommerce", body, content_type, **signed))
    assert [answer.status_code for answer in answers] == [status] * len(answers)
    assert all(len(answer.json()["error"]) > 15 for answer in answers)
    assert is_nothing_stored()


@pytest.mark.parametrize("value", [None, 5, "x", [], {}, [5], [None], {"a": []}, "\ud800\0", True, 1e300])
def test_a_field_of_an_unknown_form_is_left_out_and_loses_no_order(sender, value):
    keep = ("id", "name", "number", "updated_at", "date_modified_gmt")
    for order, send in ((SHOPIFY_ORDER, sender.send_shopify), (WOOCOMMERCE_ORDER, sender.send_woocommerce)):
        message = {name: each if name in keep else value for name, each in order.items()}
        assert send(message).status_code == 200
    assert sorted(Order.objects.values_list("number", flat=True)) == ["#1001", "727"]


def test_an_odd_cell_is_named_in_the_answer_and_counted_in_the_log(sender, caplog):
    answer = sender.send_shopify(change_order(SHOPIFY_ORDER, total_price="a lot", email="nobody")).json()
    assert answer["outcome"] == "stored"
    assert [words.partition(" ")[0] for words in answer["left_out"]] == ["Email", "Total"]
    assert "an order of shopify has 2 values that cannot be read" in caplog.text
    assert "a lot" not in caplog.text


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"number": ""}, "number"),
        ({"totl": "5"}, "totl"),
        ({"total": "12,50"}, "total"),
        ({"status": "sent"}, "status"),
        ({"email": "nobody"}, "email"),
        ({"updated_at": "yesterday"}, "updated_at"),
        ({"tracking_url": "javascript:alert(1)"}, "tracking_url"),
        ({"items": [{"name": "Mug", "quantity": -1}]}, "items.0.quantity"),
    ],
)
def test_a_system_of_one_s_own_is_told_which_field_is_wrong(sender, change, named):
    for message in (JSON_ORDER | change, {"orders": [JSON_ORDER, JSON_ORDER | change]}):
        answer = sender.send_json(message)
        assert answer.status_code == 422
        assert f"{named}:" in answer.json()["error"]
    assert is_nothing_stored()


def test_what_is_about_no_order_is_answered_and_ignored(sender):
    gone = {
        "code": "woocommerce_rest_shop_order_invalid_id",
        "message": "Invalid ID.",
        "data": {"status": 404},
    }
    answers = [
        sender.send_shopify({"id": 1, "title": "Mug"}, "products/update"),
        sender.send_woocommerce({"id": 1, "name": "Mug"}, "product.updated"),
        sender.send_woocommerce(gone),
        sender.send_woocommerce(change_order(WOOCOMMERCE_ORDER, status="checkout-draft")),
        sender.post("/orders/webhooks/woocommerce", b"webhook_id=12", "application/x-www-form-urlencoded"),
    ]
    assert [answer.status_code for answer in answers] == [200] * 5
    assert is_nothing_stored()


def test_a_message_that_does_not_say_what_it_is_about_is_refused(sender):
    answers = [
        sender.send_shopify(SHOPIFY_ORDER, topic=""),
        sender.send_woocommerce(WOOCOMMERCE_ORDER, topic=""),
    ]
    assert [answer.status_code for answer in answers] == [422, 422]
    assert is_nothing_stored()
