"""The lists that staff look through, and how many queries each of them is made of.

    python -m tests.bench.desk_pages

Run with the environment of a server whose database `tests.bench.filled_desk` filled. Prints as JSON, for each page, the
number of its queries and how many ms the longest of them took.
"""

import json
from statistics import median
from typing import Any
from urllib.parse import quote

import django
from django.contrib.auth import get_user_model
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

CONVERSATIONS = "/admin/conversations/conversation/"
TICKETS, ORDERS = "/admin/tickets/ticket/", "/admin/orders/order/"
REQUESTS, AUDIT, USERS = "/admin/usage/modelrequest/", "/admin/audit/auditevent/", "/admin/auth/user/"
ROUNDS = 3


def _searches(label: str, path: str, **words: str) -> dict[str, str]:
    return {f"{label}, search for {what}": f"{path}?q={quote(word)}" for what, word in words.items()}


# By who looks: what the page is called in the table, and its address.
PAGES: dict[str, dict[str, str]] = {
    "agent": {
        "waiting list": "/admin/desk/",
        "conversations": CONVERSATIONS,
        "conversations, page 3": f"{CONVERSATIONS}?p=3",
        "conversations, the oldest first": f"{CONVERSATIONS}?o=-7",
        "conversations of one owner": f"{CONVERSATIONS}?owner__exact=human",
        "conversations that are closed": f"{CONVERSATIONS}?owner__exact=closed",
        "conversations that are mine": f"{CONVERSATIONS}?assignee=me",
        "conversations that are nobody's": f"{CONVERSATIONS}?assignee=nobody",
        "conversations of this month": f"{CONVERSATIONS}?updated__gte=2000-01-01+00%3A00%3A00%2B00%3A00",
        **_searches(
            "conversations",
            CONVERSATIONS,
            name="duarte",
            letter="a",
            email="anna.adler11@example.com",
            customer="customer777",
            words="kettle",
            nothing="xylophone",
            two_words="emma fischer",
            id="TKT-00000051",
        ),
        "conversations, search and filter": f"{CONVERSATIONS}?q=emma&owner__exact=closed",
        "tickets": TICKETS,
        "tickets that are open": f"{TICKETS}?status__exact=open",
        **_searches(
            "tickets", TICKETS, number="TKT-00000051", name="duarte", words="kettle", nothing="xylophone"
        ),
        "orders": ORDERS,
        **_searches("orders", ORDERS, number="ORD-777", name="duarte", nothing="xylophone"),
        "orders, by status": f"{ORDERS}?status__exact=processing",
        "model requests": REQUESTS,
        "saved replies": "/admin/desk/savedreply/",
    },
    "lead": {
        "audit log": AUDIT,
        "audit log, by action": f"{AUDIT}?action=read_transcript",
        **_searches("audit log", AUDIT, name="agent", conversation="777", nothing="xylophone"),
    },
    "administrator": {
        "customers": USERS,
        "customers, not staff": f"{USERS}?is_staff__exact=0",
        **_searches("customers", USERS, name="duarte", email="anna.adler11@example.com", nothing="xylophone"),
    },
}


# What is counted over many rows, and may take longer than a list.
COUNTED_PAGES: dict[str, str] = {
    "numbers of 30 days": "/admin/numbers/?period=30",
    "numbers of 12 months": "/admin/numbers/?period=year",
    "a customer": "/admin/desk/customer/1/",
}
ALL_PAGES = PAGES | {"lead": PAGES["lead"] | COUNTED_PAGES}


def count_queries(client: Client, path: str) -> tuple[int, float]:
    """How many, and the ms of the longest: what is looked up once in a process is not counted."""
    client.get(path)
    longest = []
    for _ in range(ROUNDS):
        with CaptureQueriesContext(connection) as queries:
            response = client.get(path)
        assert response.status_code == 200, (path, response.status_code)
        longest.append(1000 * max(float(query["time"]) for query in queries))
    return len(queries), median(longest)


def main() -> None:
    django.setup()
    users: Any = get_user_model().objects
    found = {}
    for name, pages in ALL_PAGES.items():
        client = Client(headers={"host": "127.0.0.1"})
        client.force_login(users.get(username=name))
        found |= {what: count_queries(client, path) for what, path in pages.items()}
    print(json.dumps(found))


if __name__ == "__main__":
    main()
