"""An amount in a live order that is none, or that is made to be large, costs nothing and is left out."""

from decimal import Decimal

import pytest

from orders.webhooks.payloads import add_amounts, get_text


@pytest.mark.parametrize("amount", ["sNaN", "1e999999999999", "twenty", ""])
def test_what_no_sum_can_hold_is_no_amount(amount):
    assert add_amounts([{"amount": "5.00"}, {"amount": amount}], "amount") is None


def test_a_number_of_millions_of_digits_is_not_written_out():
    assert get_text({"price": Decimal("1e200000000")}, "price") == ""
    assert get_text({"price": Decimal("12.50")}, "price") == "12.50"
