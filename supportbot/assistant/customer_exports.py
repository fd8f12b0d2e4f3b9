"""`@customer_export`: what an app adds to the file with all that the shop has about a customer.

    @customer_export("returns")
    def export_returns(customer: ExportedCustomer) -> Rows:
        for each in Return.objects.filter(customer__in=customer.accounts).iterator():
            yield {"number": each.number, "asked": each.created, "photo": each.photo}

Found in the module `customer_exports` of every app. Each becomes a file of its own, here `returns.json`.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from types import ModuleType
from typing import Any

from .app_functions import collect_app_functions, index_by_name
from .declarations import DeclarationError, require_function

# Of a file that every system can store, and of no folder.
NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")


@dataclass(frozen=True, slots=True)
class ExportedCustomer:
    """Whose data it is. Look for rows by `__in`, which finds none where there are no keys.

    `accounts` is the primary key of the account, and empty for a guest. `conversations` are primary keys: all of the
    account's, or of a guest those that are surely theirs.
    """

    accounts: tuple[int, ...]
    conversations: tuple[int, ...]


Rows = Iterable[Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class CustomerExport:
    name: str
    function: Callable[[ExportedCustomer], Rows]

    def __call__(self, customer: ExportedCustomer) -> Rows:
        return self.function(customer)


def customer_export(name: str) -> Callable[[Callable[[ExportedCustomer], Rows]], CustomerExport]:
    """Have a function called that returns the app's rows about a customer, each a dict with keys in plain English.

    `name` is that of the file. The rows are read one at a time, so write `yield`, or return an iterator, where there
    may be many. Values are what JSON holds, moments with a zone, days, Decimals and UUIDs; a file of a `FileField`
    comes along as it is. Leave out what the customer must not read, such as notes of the team and what is about others.
    When the function raises, nothing is exported, and staff are told so.

    Raises TypeError for a name that is no such one, and for a function that cannot be called so.
    """
    if not isinstance(name, str) or not NAME.fullmatch(name):
        raise DeclarationError(
            f"@customer_export needs a name in small letters, such as “returns”, not {name!r}."
        )

    def register_function(function: Callable[[ExportedCustomer], Rows]) -> CustomerExport:
        require_function(function, "@customer_export", ("customer",), may_yield=True)
        return CustomerExport(name, function)

    return register_function


def collect_exports(modules: Iterable[ModuleType]) -> list[CustomerExport]:
    """Those of these modules. Raises DeclarationError when two of them have the same name."""
    return list(index_by_name(collect_app_functions(CustomerExport, modules), "exports").values())
