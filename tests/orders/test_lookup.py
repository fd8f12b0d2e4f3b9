"""Who may see which order, by which number, and how often one may guess."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from orders.models import FailedLookup, Order
from orders.tools import lookup_order, my_orders
from supportbot.assistant.tools import ToolError
from supportbot.conversations.models import Conversation


def test_a_customer_sees_all_of_an_own_order(chat, alice):
    today = timezone.localdate()
    assert lookup_order(chat(alice), "ORD-123") == {
        "order_id": "ORD-123",
        "status": "shipped",
        "eta": "2 days",
        "expected_delivery": f"{today + timedelta(days=2)}",
        "ordered": f"{today - timedelta(days=5)}",
        "shipped": None,
        "delivered": None,
        "carrier": None,
        "tracking": "357962501027",
        "total": "98.90 USD",
        "items": [
            {"name": "Wireless Headphones", "quantity": 1, "price": "79.90 USD"},
            {"name": "USB-C Cable", "quantity": 2, "price": "9.50 USD"},
        ],
    }


@pytest.mark.parametrize("written", ["ORD-123", "ORD-999", "#123", "123"])
def test_the_order_of_another_is_not_found_in_the_words_for_a_missing_one(chat, alice, bob, written):
    assert lookup_order(chat(bob), written) == {"error": f"Order {written} not found"}
    assert lookup_order(chat(), written, "bob@example.com") == {"error": f"Order {written} not found"}


def test_an_e_mail_address_opens_nothing_to_a_customer_who_has_signed_in(chat, alice, bob):
    told = lookup_order(chat(bob), "ORD-123", "alice@example.com")
    assert told == {"error": "Order ORD-123 not found"}


def test_having_the_order_s_e_mail_address_in_the_account_is_not_enough(chat, alice):
    impostor = User.objects.create(username="impostor", email="alice@example.com")
    assert lookup_order(chat(impostor), "ORD-123") == {"error": "Order ORD-123 not found"}
    assert my_orders(chat(impostor)) == {"orders": []}


def test_a_guest_sees_an_order_with_its_e_mail_address(chat, alice):
    assert lookup_order(chat(), "ORD-123", "  ALICE@example.com ")["status"] == "shipped"


@pytest.mark.parametrize("email", ["", "  "])
def test_a_guest_without_an_e_mail_address_is_asked_for_it_whether_or_not_the_order_exists(
    chat, alice, email
):
    real, missing = lookup_order(chat(), "ORD-123", email), lookup_order(chat(), "ORD-999", email)
    assert real == missing
    assert real["needs"] == "email"
    assert not FailedLookup.objects.exists(), "nothing was guessed yet"


def test_an_order_without_an_e_mail_address_is_found_by_no_guest(chat):
    Order.objects.create(number="POS-1", email="")
    assert lookup_order(chat(), "POS-1", " ")["needs"] == "email"
    assert "error" in lookup_order(chat(), "POS-1", "@")


@pytest.mark.parametrize("email", ["wrong@example.com", "alice@example.com\x00", "%", "alice@example.co_"])
def test_a_wrong_e_mail_address_is_not_found(chat, alice, bob, email):
    assert lookup_order(chat(), "ORD-789", email) == {"error": "Order ORD-789 not found"}


def test_a_foreign_order_takes_the_same_queries_as_a_missing_one(chat, alice, bob):
    asked = []
    for ctx, number, email in (
        (chat(bob), "ORD-123", ""),
        (chat(bob), "ORD-999", ""),
        (chat(), "ORD-123", "bob@example.com"),
        (chat(), "ORD-999", "bob@example.com"),
    ):
        with CaptureQueriesContext(connection) as queries:
            lookup_order(ctx, number, email)
        asked.append([query["sql"].split()[0] for query in queries])
    assert asked[0] == asked[1] == asked[2] == asked[3]


@pytest.mark.parametrize(
    "written",
    [
        "ord 123",
        "ORD123",
        "ord-123",
        "Ord–123",
        "#123",
        "123",
        "order no. 123",
        "Order number: 123",
        "order #123",
        "my order is ORD-123",
        "ORDER123",
        "№ 123",
        "ｏｒｄ－１２３",
    ],
)
def test_a_number_is_understood_however_it_is_written(chat, alice, written):
    assert lookup_order(chat(alice), written)["order_id"] == "ORD-123"


@pytest.mark.parametrize("written", ["W2611340", "#w2611340", "2611340", "order W 2611340"])
def test_a_shopify_number_is_understood_too(chat, written):
    Order.objects.create(number="#W2611340", email="james@example.com")
    assert lookup_order(chat(), written, "james@example.com")["order_id"] == "#W2611340"


@pytest.mark.parametrize("written", ["23", "1234", "", "#", "order", "%", ".*", "[0-9]+", "x" * 5000])
def test_what_is_not_the_number_finds_nothing(chat, alice, written):
    assert lookup_order(chat(alice), written)["error"].endswith(" not found")


SHOP = {"#1001": "RR123456785DE", "ORD-2024-9001": "", "000000123": "", "#1001-A": ""}


@pytest.mark.parametrize(
    ("written", "number"),
    [
        ("Bestell-Nr. 1001", "#1001"),
        ("meine Bestellnummer lautet 1001.", "#1001"),
        ("pedido 1001", "#1001"),
        ("numéro de commande : 1001", "#1001"),
        ("注文番号1001です", "#1001"),
        ("#1001 please", "#1001"),
        ("1001 A parcel of mine", "#1001"),
        ("Re: Order #1001 confirmed", "#1001"),
        ("Invoice #1001", "#1001"),
        ("https://shop.example/account/orders/1001?lang=de", "#1001"),
        ("١٠٠١", "#1001"),
        ("１００１", "#1001"),
        ("१००१", "#1001"),
        ("1OO1", "#1001"),
        ("I00l", "#1001"),
        ("1 0 0 1", "#1001"),
        ("1001-a", "#1001-A"),
        ("#1001/A", "#1001-A"),
        ("123", "000000123"),
        ("0123", "000000123"),
        ("9001", "ORD-2024-9001"),
        ("2024-9001", "ORD-2024-9001"),
        ("ord 2024 9001", "ORD-2024-9001"),
        ("RR123456785DE", "#1001"),
        ("rr 123 456 785 de", "#1001"),
        ("Hello,\nyour order #1001 of 1 September\nhas shipped. Total: 10,00 EUR", "#1001"),
    ],
)
def test_a_number_is_found_in_whatever_stands_around_it(chat, written, number):
    for each, tracking in SHOP.items():
        Order.objects.create(number=each, email="zoe@example.com", tracking=tracking)

    assert lookup_order(chat(), written, "zoe@example.com").get("order_id") == number


@pytest.mark.parametrize("tracking", ["{}, {}", "{},{}", "{}; {}", "{}|{}", "{}\n{}", "{};{};"])
@pytest.mark.parametrize("written", ["1Z999AA10123456784", "1z 999 aa1 01 2345 6795"])
def test_an_order_in_several_parcels_is_found_by_the_number_of_each(chat, tracking, written):
    Order.objects.create(
        number="#1001",
        email="zoe@example.com",
        tracking=tracking.format("1Z999AA10123456784", "1Z999AA10123456795"),
    )
    Order.objects.create(number="#1002", email="zoe@example.com", tracking="JD000000000012345678")
    assert lookup_order(chat(), written, "zoe@example.com").get("order_id") == "#1001"
    assert "error" in lookup_order(chat(), written, "max@example.com")


@pytest.mark.parametrize(
    "written",
    [
        "zoe@example.com.",
        "<zoe@example.com>",
        "Zoe <Zoe@Example.com>",
        "mailto:zoe@example.com",
        "it is zoe@example.com, I think",
        "(zoe@example.com)",
        "zoe at example dot com",
        "zoe (at) example (dot) com",
        "zoe arroba example punto com",
        "ｚｏｅ＠example.com",
    ],
)
def test_the_address_is_taken_out_of_what_stands_around_it(chat, written):
    Order.objects.create(number="#1001", email="zoe@example.com")

    assert lookup_order(chat(), "1001", written).get("order_id") == "#1001"


@pytest.mark.parametrize(
    "written", ["+49 30 1234567", "030/123 45 67", "0049301234567", "(030) 1234567", "030 1234567 ext. 12"]
)
def test_a_shop_that_sells_by_phone_is_told_the_number_of_the_telephone(chat, written):
    Order.objects.create(number="#1001", phone="+49 (0)30 1234567 ext. 08467")

    assert lookup_order(chat(), "1001", phone=written).get("order_id") == "#1001"


@pytest.mark.parametrize("written", ["", "12345", "030 1234568", "none"])
def test_another_telephone_number_opens_nothing(chat, written):
    Order.objects.create(number="#1001", phone="030 1234567")
    Order.objects.create(number="#1002")

    assert "order_id" not in lookup_order(chat(), "1001", phone=written)
    assert "order_id" not in lookup_order(chat(), "1002", phone=written)


def test_words_without_a_number_are_no_guess(chat, alice):
    assert "error" in lookup_order(chat(), "my last order", "alice@example.com")

    assert not FailedLookup.objects.exists()


def test_a_bare_number_that_fits_several_own_orders_lists_these_and_no_others(chat, alice, bob):
    Order.objects.create(number="#W123", customer=alice)
    Order.objects.create(number="#X123", customer=bob)
    told = lookup_order(chat(alice), "123")
    assert set(told["possible"]) == {"ORD-123", "#W123"}
    assert not FailedLookup.objects.exists()


def test_a_number_exactly_as_the_shop_writes_it_is_not_ambiguous(chat, alice):
    Order.objects.create(number="#123", customer=alice)
    assert lookup_order(chat(alice), "#123")["order_id"] == "#123"
    assert lookup_order(chat(alice), "ord-123")["order_id"] == "ORD-123"


@pytest.mark.parametrize(
    ("days", "status", "eta"),
    [
        (0, "shipped", "today"),
        (1, "shipped", "1 day"),
        (5, "processing", "5 days"),
        (-1, "shipped", "1 day late"),
        (-3, "processing", "3 days late"),
        (2, "delivered", None),
        (2, "cancelled", None),
        (-2, "returned", None),
    ],
)
def test_the_eta_is_in_words(chat, alice, days, status, eta):
    Order.objects.update(expected_delivery=timezone.localdate() + timedelta(days=days), status=status)
    assert lookup_order(chat(alice), "ORD-123")["eta"] == eta


def test_an_order_without_an_expected_date_has_no_eta(chat, alice):
    assert lookup_order(chat(alice), "ORD-456")["eta"] is None


def test_five_misses_in_a_conversation_end_the_guessing_for_an_hour(chat, alice):
    ctx = chat(guest_key="guesser")
    for n in range(5):
        lookup_order(ctx, f"ORD-{n}", "alice@example.com")
    with pytest.raises(ToolError, match="person"):
        lookup_order(ctx, "ORD-123", "alice@example.com")

    FailedLookup.objects.update(created=timezone.now() - timedelta(minutes=61))
    assert lookup_order(ctx, "ORD-123", "alice@example.com")["status"] == "shipped"


def test_twenty_misses_of_a_visitor_end_the_guessing_for_a_day_in_every_conversation(chat, alice, bob):
    for _ in range(4):
        ctx = chat(bob)
        for n in range(5):
            lookup_order(ctx, f"ORD-{n}")
    with pytest.raises(ToolError, match="person"):
        lookup_order(chat(bob), "ORD-789")
    assert lookup_order(chat(alice), "ORD-123")["status"] == "shipped", "others are not kept from theirs"

    FailedLookup.objects.update(created=timezone.now() - timedelta(hours=25))
    assert lookup_order(chat(bob), "ORD-789")["status"] == "delivered"


def test_misses_are_forgotten_after_a_day(chat):
    ctx = chat()
    FailedLookup.objects.create(
        conversation_id=ctx.conversation, visitor="guest:x", created=timezone.now() - timedelta(hours=25)
    )
    lookup_order(ctx, "ORD-1", "guest@example.com")
    assert FailedLookup.objects.get().visitor == ctx.visitor


def test_a_customer_lists_the_ten_newest_own_orders(chat, alice, bob):
    for n in range(12):
        Order.objects.create(
            number=f"NEW-{n}", customer=alice, ordered_at=timezone.now() + timedelta(hours=n)
        )
    told = my_orders(chat(alice))["orders"]
    assert [order["order_id"] for order in told] == [f"NEW-{n}" for n in range(11, 1, -1)]
    assert set(told[0]) == {"order_id", "status", "eta", "expected_delivery", "ordered", "total"}


def test_a_guest_is_asked_to_sign_in_or_to_name_one_order(chat, alice):
    with pytest.raises(ToolError, match="sign in"):
        my_orders(chat())


@pytest.mark.parametrize(("stored", "counted"), [("XKBKNABJK", 5), ("#1001", 0)])
def test_words_are_guesses_where_a_shop_s_numbers_are_words(chat, alice, stored, counted):
    Order.objects.create(number=stored, email="zoe@example.com")
    ctx = chat()
    for word in ("KBKNABJKX", "my parcel please", "QWERTZU", "ASDFGHJ", "YXCVBNM"):
        assert "not found" in lookup_order(ctx, word, "zoe@example.com")["error"]

    assert FailedLookup.objects.count() == counted
    if counted:
        with pytest.raises(ToolError, match="paused"):
            lookup_order(ctx, stored, "zoe@example.com")


@pytest.mark.parametrize(
    ("guesses", "guest_keys", "emails", "right"),
    [
        (59, 12, 1, FailedLookup.MAX_PER_CONTACT),  # at one address, with a new cookie after each fifth
        (59, 12, 59, FailedLookup.MAX_PER_NETWORK),  # at many addresses
    ],
)
def test_new_cookies_do_not_make_new_guesses(chat, alice, guesses, guest_keys, emails, right):
    made = 0
    for number in range(guesses):
        ctx = chat(guest_key=f"guest{number % guest_keys}")
        Conversation.objects.update(address_key="network")
        try:
            lookup_order(ctx, f"ORD-{9000 + number}", f"alice{number % emails}@example.com")
        except ToolError:
            break
        made += 1

    assert made == right


ALICE = [
    {"email": "Alice@Example.COM"},
    {"email": "<alice@example.com>, I think"},
    {"email": "alice at example dot com"},
    {"email": "mailto:ali\0ce@example.com", "phone": "1"},
    {"email": "ａｌｉｃｅ＠example.com", "phone": "030 7654321"},
]
PHONE = [
    {"phone": "030 1234567"},
    {"phone": "+49 (30) 12 34 567"},
    {"phone": "0049301234567", "email": "none"},
]


@pytest.mark.parametrize("spellings", [ALICE, PHONE], ids=["address", "telephone"])
def test_guesses_at_one_contact_count_from_every_network_and_in_any_spelling(chat, alice, spellings):
    Order.objects.update(phone="+49 30 1234567", phone_key="301234567")
    for number in range(FailedLookup.MAX_PER_CONTACT):
        ctx = chat(guest_key=f"guest{number}")
        Conversation.objects.filter(pk=ctx.conversation).update(address_key=f"network{number}")
        lookup_order(ctx, f"ORD-{9000 + number}", **spellings[number % len(spellings)])

    for written in spellings:
        with pytest.raises(ToolError):
            lookup_order(chat(guest_key="new"), "ORD-123", **written)
    assert lookup_order(chat(alice), "ORD-123")["status"] == "shipped", "the account is not kept from its own"
    assert not FailedLookup.objects.filter(email_key__regex="alice|301234567").exists()


@pytest.mark.parametrize("email", ["none", "-", "n/a", "I have none"])
def test_words_in_the_place_of_an_address_do_not_hide_the_telephone_number(chat, email):
    Order.objects.create(number="#1001", phone="030 1234567")

    assert lookup_order(chat(), "1001", email, "030 1234567").get("order_id") == "#1001"
