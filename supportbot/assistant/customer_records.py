"""`@customer_record`: what an app shows of a customer on the customer's page in admin.

    @customer_record("returns.view_return")
    def list_returns(customer: CustomerOnRecord) -> Records:
        returns = Return.objects.filter(customer=customer.user)
        rows = [Record(each.number, f"/admin/returns/return/{each.pk}/", (each.status,)) for each in returns[:10]]
        return Records(title=_("Returns"), columns=(_("Number"), _("Status")), rows=tuple(rows), total=returns.count())

Found in the module `customer_records` of every app. It is asked only for staff who have the right that it names. Two
queries are plenty: the page is made of what all apps show.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from .declarations import DeclarationError, require_function

RIGHT = re.compile(r"\w+\.\w+")


@dataclass(frozen=True, slots=True)
class CustomerOnRecord:
    """Whose page it is: an account, or a guest, of whom there are conversations and an address that nobody verified.

    `user` is the account's primary key, None for a guest. `conversations` are primary keys, newest first, at most as
    many as the page looks at.
    """

    user: int | None
    conversations: tuple[int, ...]
    email: str = ""


@dataclass(frozen=True, slots=True)
class Record:
    """A line: its name, the page of admin that it opens, and the values of the other columns.

    Of a moment its day is shown, in the reader's time zone.
    """

    name: str
    address: str = ""
    values: tuple[Any, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Records:
    """`columns` are headings: of the name, and of each value. `address` opens all of the `total`."""

    title: Any
    columns: tuple[Any, ...]
    rows: tuple[Record, ...]
    total: int
    address: str = ""
    note: Any = ""


@dataclass(frozen=True, slots=True)
class CustomerRecord:
    right: str
    function: Callable[[CustomerOnRecord], Records]

    def __call__(self, customer: CustomerOnRecord) -> Records:
        return self.function(customer)


def customer_record(right: str) -> Callable[[Callable[[CustomerOnRecord], Records]], CustomerRecord]:
    """Have a function called for the page of a customer. `right` is such as `orders.view_order`.

    Raises TypeError for what is no such name of a right, and for a function that cannot be called so.
    """
    if not isinstance(right, str) or not RIGHT.fullmatch(right):
        raise DeclarationError(
            f"@customer_record needs the name of a right, such as “orders.view_order”, not {right!r}."
        )

    def register_function(function: Callable[[CustomerOnRecord], Records]) -> CustomerRecord:
        require_function(function, "@customer_record", ("customer",))
        return CustomerRecord(right, function)

    return register_function
