"""An order that comes twice is stored once, and two orders with one number never become one."""

from dataclasses import replace
from decimal import Decimal
from functools import partial

import pytest
from django.contrib.auth.models import User
from django.core.management import call_command

from orders.exported_orders import ExportedItem, ExportedOrder
from orders.exports.files import FileRow
from orders.exports.order_rows import split_orders
from orders.importer import save_orders
from orders.models import Order
from tests.linear_time import takes_linear_time

from .test_export_files import HEADER, MUG, PIN, PLATE, load, stored

__all__ = ["load"]

pytestmark = pytest.mark.django_db

ZOE = MUG.replace("#1001", "1001")
MAX = MUG.replace("#1001", "'1001").replace("zoe", "max").replace("10.00", "300.00").replace("Mug", "Desk")


# A spreadsheet's mark of text is no part of a number.


@pytest.mark.parametrize("between", [[], [PIN]])
@pytest.mark.parametrize("mark", ["'1001", "'#1001", "'0815", "'4711-2"])
def test_a_number_with_a_mark_of_text_is_not_another_number(load, mark, between):
    bare = mark[1:]
    said = load(MUG.replace("#1001", bare), *between, MAX.replace("'1001", mark))
    order = Order.objects.get(number=bare)
    assert (order.email, order.total, stored()[bare]) == ("zoe@example.com", Decimal(10), ["Mug"])
    assert f"Line {len(between) + 3}, {bare}: Another order has this number, in line 2" in said.err


def test_further_rows_and_repeats_may_have_the_mark_or_not(load):
    plate = "1001,zoe@example.com,,,,,,1,Plate,3.00"
    said = load(ZOE, f"'{plate}", PIN, f"'{ZOE}", plate.replace("Plate", "Bowl"))
    assert (said.err, stored()) == ("", {"#1002": ["Pin"], "1001": ["Mug", "Plate", "Bowl"]})


# Two exports that were put together.


@pytest.mark.parametrize(
    ("rows", "items"),
    [
        ([MUG, PLATE, MUG, PLATE], ["Mug", "Plate"]),
        ([MUG, PLATE, PIN, MUG, PLATE], ["Mug", "Plate"]),
        ([MUG, MUG, PLATE, PLATE], ["Mug", "Plate"]),
        ([PLATE, PLATE, MUG, MUG], ["Mug", "Plate"]),
        ([MUG, PLATE] * 3, ["Mug", "Plate"]),
        ([MUG, PLATE, PLATE], ["Mug", "Plate", "Plate"]),
        ([PLATE, PLATE, MUG], ["Mug", "Plate", "Plate"]),
        ([MUG, PLATE, PLATE] * 2, ["Mug", "Plate", "Plate"]),
        ([MUG, PLATE, MUG, PLATE, PLATE], ["Mug", "Plate", "Plate"]),
        ([MUG, PLATE, PLATE, MUG, PLATE], ["Mug", "Plate", "Plate"]),
        ([MUG, PLATE, MUG, PLATE, PLATE.replace("Plate", "Bowl")], ["Mug", "Plate", "Bowl"]),
    ],
)
def test_a_copy_of_an_order_brings_no_item_twice(load, rows, items):
    said = load(*rows)
    assert (said.err, stored()["#1001"]) == ("", items)


def test_a_spreadsheet_that_has_made_all_numbers_one_takes_no_longer_than_its_rows():
    def read(count: int) -> None:
        rows = [FileRow(line, {"Name": "5.27763E+12", "Total": f"{line}.00"}) for line in range(count)]
        assert len(split_orders(rows, may_look_alike=False)) == count

    assert takes_linear_time(partial(read, 5_000))


def test_copies_of_two_orders_with_one_number_leave_the_first_as_it_is(load):
    other = [MUG.replace("zoe", "max").replace("Mug", "Desk"), PLATE.replace("zoe", "max")]
    said = load(*[MUG, PLATE, *other] * 2)
    assert stored() == {"#1001": ["Mug", "Plate"]}
    assert said.err.count("Another order has this number, in line 2") == 1


# And where two of one number come in one batch nevertheless.


def build_order(email: str, item: str, **fields) -> ExportedOrder:
    order = Order(number="#1001", email=email, ordered_at=None, **fields)
    order.normalise_fields()
    return ExportedOrder(order, [ExportedItem(item, "", 1, Decimal(10), "")])


def test_two_orders_of_one_batch_with_one_number_do_not_become_one():
    outcome, refused = save_orders(
        [build_order("zoe@example.com", "Mug"), build_order("max@example.com", "Desk")]
    )
    assert (dict(outcome), stored()) == ({"new": 1, "updated": 0, "unchanged": 0}, {"#1001": ["Mug"]})
    assert ["that of zoe@example.com" in str(refusal) for refusal in refused] == [True]
    assert Order.objects.get().email == "zoe@example.com"


def test_a_corrected_address_takes_the_order_along_also_within_a_batch_and_after_an_export_without_addresses():
    zoe, max_ = (User.objects.create(username=each, email=f"{each}@example.com") for each in ("zoe", "max"))

    def save(*emails: str, **fields) -> User | None:
        batch = [build_order(email, "Mug", platform_id="5001") for email in emails]
        assert save_orders([replace(each, **fields) for each in batch])[1] == []
        return Order.objects.get().customer

    assert save("zoe@example.com") == zoe
    assert save("", unknown=frozenset(("email",))) == zoe
    assert Order.objects.get().email == "zoe@example.com"
    assert save("max@example.com") == max_
    assert save("max@example.com", "zoe@example.com") == zoe
    assert save("max@example.com", "nobody@example.com") is None


@pytest.mark.parametrize("is_stored", [False, True])
def test_an_order_that_comes_twice_in_one_batch_is_stored_as_it_came_last(is_stored):
    if is_stored:
        save_orders([build_order("zoe@example.com", "Cup")])
    early, late = (
        build_order("zoe@example.com", "Mug"),
        build_order("zoe@example.com", "Mug", status="shipped"),
    )
    late.items.append(late.items[0]._replace(name="Plate"))
    outcome, refused = save_orders([early, late, replace(late, order=late.order)])
    assert (outcome["new"], outcome["updated"], outcome["unchanged"]) == (not is_stored, 1 + is_stored, 1)
    assert (refused, Order.objects.get().status, stored()) == ([], "shipped", {"#1001": ["Mug", "Plate"]})


OPEN_MUG = MUG.replace("fulfilled", "unfulfilled")
TWO_PLATES = PLATE.replace("1,Plate", "2,Plate")
MUG_AGAIN = PLATE.replace("Plate,3.00", "Mug,10.00")
BOWL = PLATE.replace("Plate", "Bowl")
OPEN_PLATE, SENT_PLATE = (f"{PLATE},{state}" for state in ("pending", "fulfilled"))
STATE_HEADER = f"{HEADER},Lineitem fulfillment status"


@pytest.mark.parametrize(
    "rows",
    [
        ([f"{OPEN_MUG},pending", OPEN_PLATE], [f"{MUG},fulfilled", SENT_PLATE]),
        ([f"{MUG},fulfilled", SENT_PLATE], [f"{OPEN_MUG},pending", OPEN_PLATE]),
        ([f"{OPEN_MUG},pending", PIN, OPEN_PLATE], [f"{MUG},fulfilled", SENT_PLATE]),
        ([f"{OPEN_MUG},pending", f"{MUG},fulfilled"], [OPEN_PLATE, SENT_PLATE]),
    ],
)
def test_of_an_order_in_two_exports_of_different_days_the_newer_one_is_taken(load, rows):
    load(*rows[0], *rows[1], header=STATE_HEADER)
    order = Order.objects.get(number="#1001")
    items = [(item.name, item.state) for item in order.items.all()]
    assert (order.status, items) == ("shipped", [("Mug", "shipped"), ("Plate", "shipped")])


@pytest.mark.parametrize(
    ("rows", "items"),
    [
        ([OPEN_MUG, MUG, MUG_AGAIN, MUG_AGAIN], ["Mug", "Mug"]),
        ([MUG, OPEN_MUG, MUG_AGAIN, MUG_AGAIN], ["Mug", "Mug"]),
        ([OPEN_MUG, OPEN_MUG, MUG, *[MUG_AGAIN] * 6, PLATE], ["Mug", "Mug", "Mug", "Plate"]),
        ([OPEN_MUG, BOWL, MUG, BOWL, TWO_PLATES, TWO_PLATES], ["Mug", "Bowl", "Plate"]),
    ],
)
def test_equal_items_of_an_order_in_sorted_exports_of_different_days(load, rows, items):
    load(*rows)
    assert (Order.objects.get().status, stored()["#1001"]) == ("shipped", items)


@pytest.mark.parametrize(
    ("rows", "items"),
    [
        ([OPEN_MUG, TWO_PLATES, MUG, PLATE], ["Mug 1", "Plate 1"]),
        ([OPEN_MUG, PLATE, MUG], ["Mug 1"]),
        ([OPEN_MUG, MUG_AGAIN, PIN, MUG, PLATE, OPEN_MUG, MUG_AGAIN], ["Mug 1", "Plate 1"]),
        ([OPEN_MUG, MUG_AGAIN, MUG, *[MUG_AGAIN] * 2], ["Mug 1"] * 3),
    ],
)
def test_what_the_shop_has_taken_out_or_changed_since_is_not_told(load, rows, items):
    load(*rows)
    order = Order.objects.get(number="#1001")
    told = [f"{item.name} {item.quantity}" for item in order.items.all()]
    assert (order.status, told) == ("shipped", items)


def test_what_was_paid_back_since_is_in_the_newer_one(load):
    header = f"{HEADER},Refunded Amount"
    paid, refunded = f"{MUG},0.00", f"{MUG.replace('paid', 'partially_refunded')},3.00"
    load(refunded, f"{PLATE},", paid, f"{PLATE},", f"{PLATE.replace('Plate', 'Bowl')},", header=header)
    order = Order.objects.get()
    assert (order.refunded, order.payment) == (Decimal(3), "partially refunded")
    assert stored() == {"#1001": ["Mug", "Plate", "Bowl"]}


def test_each_row_with_the_order_s_own_cells_is_no_copy(load):
    """As where somebody has filled the gaps."""
    load(MUG, MUG.replace("1,Mug,10.00", "1,Plate,3.00"), MUG.replace("1,Mug", "2,Mug"))
    assert stored() == {"#1001": ["Mug", "Plate", "Mug"]}


def test_platforms_with_all_items_in_one_cell_are_joined_too(tmp_path):
    header = "Order ID,Order Status,Order Date,Customer Email,Order Total (inc tax),Product Details"
    details = "|".join(
        f"Product Qty: 1, Product SKU: {sku}, Product Name: {name}, Product Unit Price: {price}"
        for sku, name, price in (("M", "Mug", "10.00"), ("P", "Pin", "1.00"))
    )
    file = tmp_path / "orders.csv"
    rows = [
        f'7,{state},2026-09-01,zoe@example.com,11.00,"{details}"'
        for state in ("Awaiting Shipment", "Shipped")
    ]
    file.write_text("\n".join([header, *rows]))
    call_command("import_orders", str(file), verbosity=0)
    assert stored() == {"7": ["Mug", "Pin"]}
    assert Order.objects.get().status == "shipped"
