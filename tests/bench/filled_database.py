"""Fills supportbot's database as months of use would, and signs in a reader who has long conversations.

    python -m tests.bench.filled_database --conversations 20000 --messages 10 --pages 50 1000

Run with the environment of the server that is to use the database. Prints as JSON the reader's cookies
and, for each length in `--pages`, the path of a conversation with so many messages.
"""

import argparse
import json
from typing import Any

import django
from django.apps import apps
from django.contrib.auth import get_user_model
from django.test import Client

BATCH = 500
QUESTION = "Hello, I ordered a kettle two weeks ago and it has not arrived. The order number is ORD-123."
ANSWER = (
    "I looked it up for you: **ORD-123** has been shipped and should be with you in *2 days*.\n\n"
    "- It left our warehouse on Monday.\n- The carrier has it.\n\nIs there anything else I can do?"
)


def fill(conversations: int, messages: int) -> None:
    for start in range(0, conversations, BATCH):
        numbers = range(start, min(start + BATCH, conversations))
        add_conversations([{"guest_key": f"guest-{number}"} for number in numbers], messages)


def add_conversations(owners: list[dict[str, Any]], messages: int) -> list[Any]:
    """A conversation for each owner: a question and an answer in every turn."""
    model = apps.get_app_config("conversations").get_model
    conversations: list[Any] = model("conversation").objects.bulk_create(
        [model("conversation")(title=QUESTION[:80], last_seq=messages, **owner) for owner in owners]
    )
    turns = model("turn").objects.bulk_create(
        [
            model("turn")(conversation=conversation, state="done", revision=number)
            for conversation in conversations
            for number in range(messages // 2)
        ]
    )
    model("message").objects.bulk_create(
        model("message")(
            conversation_id=turn.conversation_id,
            turn=turn,
            seq=2 * turn.revision + place,
            role=role,
            text=text,
        )
        for turn in turns
        for place, (role, text) in enumerate([("customer", QUESTION), ("assistant", ANSWER)], start=1)
    )
    return conversations


def main() -> None:
    parser = argparse.ArgumentParser(description="Fills supportbot's database with conversations.")
    parser.add_argument("--conversations", type=int, default=20_000)
    parser.add_argument("--messages", type=int, default=10, help="Messages in each of them.")
    parser.add_argument(
        "--pages", type=int, nargs="*", default=[], help="Lengths of the reader's conversations."
    )
    options = parser.parse_args()
    django.setup()
    fill(options.conversations, options.messages)
    reader = get_user_model().objects.create_user("reader")
    pages = {
        length: add_conversations([{"user": reader}], length)[0].get_absolute_url()
        for length in options.pages
    }
    browser = Client()
    browser.force_login(reader)
    cookies = {name: cookie.value for name, cookie in browser.cookies.items()}
    print(json.dumps({"cookies": cookies, "pages": pages}))


if __name__ == "__main__":
    main()
