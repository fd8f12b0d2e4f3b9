"""Fills supportbot's database as months of use would, and signs in a reader who has long conversations.

    python -m tests.bench.filled_database --conversations 20000 --messages 10 --pages 50 1000

Run with the environment of the server that is to use the database. Prints as JSON the reader's cookies
and, for each length in `--pages`, the path of a conversation with so many messages; `paths` are all of them
where `--each` asks for more than one.
"""

import argparse
import json
from typing import Any

import django
from django.apps import apps
from django.contrib.auth import get_user_model
from django.test import Client

from .texts import ANSWER, QUESTION, SUMMARY

BATCH = 500
# The newest turns of a long conversation that no summary tells: as many as there are between two of them.
TOLD_WHOLE = 18


def fill(conversations: int, messages: int) -> None:
    for start in range(0, conversations, BATCH):
        numbers = range(start, min(start + BATCH, conversations))
        add_conversations([{"guest_key": f"guest-{number}"} for number in numbers], messages)


def add_conversations(owners: list[dict[str, Any]], messages: int) -> list[Any]:
    """A conversation for each owner: a question and an answer in every turn."""
    model = apps.get_app_config("conversations").get_model
    conversations: list[Any] = model("conversation").objects.bulk_create(
        model("conversation")(title=QUESTION[:80], last_seq=messages, revision=messages // 2, **owner)
        for owner in owners
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


def sum_up(conversations: list[Any]) -> None:
    """Leave the newest turns of each to be told whole, as the product does, and a summary of all before them."""
    for conversation in conversations:
        older = list(conversation.turns.order_by("pk").values_list("pk", flat=True))[:-TOLD_WHOLE]
        if older:
            conversation.summary, conversation.summarised_through = SUMMARY, older[-1]
            conversation.save()


def sign_in(user: Any) -> dict[str, str]:
    """The cookies of a browser in which this user has signed in."""
    browser = Client()
    browser.force_login(user)
    return {name: cookie.value for name, cookie in browser.cookies.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description="Fills supportbot's database with conversations.")
    parser.add_argument("--conversations", type=int, default=20_000)
    parser.add_argument("--messages", type=int, default=10, help="Messages in each of them.")
    parser.add_argument(
        "--pages", type=int, nargs="*", default=[], help="Lengths of the reader's conversations."
    )
    parser.add_argument("--each", type=int, default=1, help="How many of each length.")
    parser.add_argument("--summed-up", action="store_true", help="The long ones have a summary.")
    options = parser.parse_args()
    django.setup()
    fill(options.conversations, options.messages)
    reader = get_user_model().objects.create_user("reader")
    paths = {}
    for length in options.pages:
        conversations = add_conversations([{"user": reader}] * options.each, length)
        if options.summed_up:
            sum_up(conversations)
        paths[length] = [conversation.get_absolute_url() for conversation in conversations]
    pages = {length: found[0] for length, found in paths.items()}
    print(json.dumps({"cookies": sign_in(reader), "pages": pages, "paths": paths}))


if __name__ == "__main__":
    main()
