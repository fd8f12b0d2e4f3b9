"""A database as the version before the renames left it: its tables, and rows that a shop had in them.

Rows are made by that version's models, as Django's migrations remember them, and are compared as plain values.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import dj_database_url
from django.apps.registry import Apps
from django.db import connections
from django.db.migrations.executor import MigrationExecutor
from django.db.utils import ConnectionHandler
from django.utils import timezone

# Where each app's migrations stood. Of Django's own apps the newest are taken.
OLD_STATE: dict[str, str | None] = {
    "conversations": "0003_reservations",
    "orders": "0001_initial",
    "prompts": "0001_initial",
    "tickets": "0002_typed_answers",
    "usage": "0001_initial",
    "jobs": None,
    "audit": None,
}
OUTAGE_PK = 5
DJANGO_APPS = ("admin", "auth", "contenttypes", "sessions")
RESERVATION = {"tokens": 26000, "day": "2026-11-28", "scopes": ["guest:guest-key"]}

# What is not called today as it was then: models, and fields by their model's old name.
NEW_MODELS = {
    "conversations.Budget": "conversations.TokenBudget",
    "conversations.Errand": "jobs.Job",
    "orders.LookupMiss": "orders.FailedLookup",
    "usage.Request": "usage.ModelRequest",
}
NEW_FIELDS = {
    "conversations.Conversation": {"summary_until": "summarised_through"},
    "conversations.Errand": {
        "name": "kind",
        "due": "run_after",
        "tries": "attempts",
        "until_id": "last_turn_id",
    },
    "conversations.Turn": {"fence": "fencing_token", "tries": "crash_count"},
}
OLD_MODELS = (
    *("auth.User", "conversations.Conversation", "conversations.Turn", "conversations.Message"),
    *("conversations.ToolCall", "conversations.Attachment", "conversations.Budget", "conversations.Errand"),
    *("orders.Order", "orders.OrderItem", "orders.LookupMiss"),
    *("prompts.Prompt", "tickets.Ticket", "usage.Request", "usage.Outage"),
)

Rows = dict[str, list[dict[str, Any]]]


@contextmanager
def use_database(url: str) -> Iterator[None]:
    """Make this address the default database of this thread."""
    before = connections["default"]
    options = {"transaction_mode": "IMMEDIATE"} if url.startswith("sqlite") else {}
    config = dj_database_url.parse(url) | {"OPTIONS": options}
    connections["default"] = ConnectionHandler({"default": config})["default"]
    try:
        yield
    finally:
        connections["default"].close()
        connections["default"] = before


def migrate_to_old_state() -> Apps:
    """Migrate there, forwards or back. Returns the models of that state."""
    executor = MigrationExecutor(connections["default"])
    targets: list[tuple[str, str | None]] = list(OLD_STATE.items())
    targets += [leaf for leaf in executor.loader.graph.leaf_nodes() if leaf[0] in DJANGO_APPS]
    executor.migrate(targets)
    nodes = [target for target in targets if target[1] is not None]
    return MigrationExecutor(connections["default"]).loader.project_state(nodes).apps


def read_rows(apps: Apps) -> Rows:
    """Every row by its model of then, with its columns' names of then."""
    return {label: list(apps.get_model(label).objects.order_by("pk").values()) for label in OLD_MODELS}


def rename_fields(label: str, row: dict[str, Any]) -> dict[str, Any]:
    """A row of an old model with the names that its fields have today."""
    renamed = NEW_FIELDS.get(label, {})
    return {renamed.get(name, name): value for name, value in row.items()}


def fill(apps: Apps) -> None:
    """A customer's long conversation with a ticket, a guest's with a turn that runs, and jobs of every kind."""
    alice = apps.get_model("auth.User").objects.create(username="alice", email="alice@example.com")
    prompt = apps.get_model("prompts.Prompt").objects.create(
        note="Posh", author=alice, published=timezone.now()
    )
    long = _create_conversation(apps, user=alice, title="Where is my order?", revision=7, last_seq=4)
    done = _create_turn(
        apps, long, state="done", fence=1, prompt=prompt, usage=[{"total_tokens": 70}], model="grok"
    )
    asked = _create_message(apps, done, 1, "customer", "Where is ORD-123?", client_id="a1", has_images=True)
    answer = _create_message(apps, done, 2, "assistant", "It was shipped.", handle="responses:resp_1")
    failed = _create_turn(apps, long, state="failed", fence=2, error="unreachable", may_retry=True)
    _create_message(apps, failed, 3, "customer", "And when does it come?", client_id="a2")
    _create_message(apps, failed, 4, "assistant", "", status="partial")
    long.summary, long.summary_until = "ORD-123 was shipped.", done.pk
    long.save()
    _create_tool_call(apps, answer, state="done", result='{"status": "shipped"}', finished=timezone.now())
    picture = {"content_type": "image/jpeg", "width": 640, "height": 480, "size": 9000}
    attachments = apps.get_model("conversations.Attachment").objects
    attachments.create(conversation=long, message=asked, file="attachments/0123.jpg", **picture)
    attachments.create(conversation=long, file="attachments/4567.jpg", **picture)
    _fill_running(apps)
    _fill_shop(apps, alice, long)
    _fill_usage(apps, done)
    _fill_errands(apps, long, failed)


def _fill_running(apps: Apps) -> None:
    """A turn whose process died over a tool call, and the next one in the queue."""
    chat = _create_conversation(apps, guest_key="guest-key", revision=5, last_seq=3)
    expired = timezone.now() - timedelta(minutes=5)
    running = _create_turn(
        apps,
        chat,
        state="running",
        fence=3,
        tries=1,
        lease_until=expired,
        backend="demo",
        reservation=RESERVATION,
    )
    _create_message(apps, running, 1, "customer", "Where is ORD-456?", client_id="b1")
    _create_tool_call(apps, _create_message(apps, running, 2, "assistant", ""), state="pending")
    queued = _create_turn(apps, chat, state="queued")
    _create_message(apps, queued, 3, "customer", "Thanks", client_id="b2")
    apps.get_model("conversations.Budget").objects.create(
        scope="guest:guest-key", day="2026-11-28", tokens=26000
    )


def _fill_shop(apps: Apps, alice: Any, conversation: Any) -> None:
    order = apps.get_model("orders.Order").objects.create(
        number="ORD-123", key="ORD123", customer=alice, total="9.50"
    )
    apps.get_model("orders.OrderItem").objects.create(order=order, name="USB-C Cable", price="9.50")
    for minutes in (1, 2):
        apps.get_model("orders.LookupMiss").objects.create(
            conversation=conversation, visitor="user:1", created=timezone.now() - timedelta(minutes=minutes)
        )
    apps.get_model("tickets.Ticket").objects.create(
        number="TKT-00000001",
        issue="It is late.",
        customer=alice,
        conversation=conversation,
        request="turn:1",
    )


def _fill_usage(apps: Apps, turn: Any) -> None:
    """Requests, an outage, and staff with a right to see them: by name, and by their group."""
    for purpose in ("answer", "triage"):
        apps.get_model("usage.Request").objects.create(
            conversation=turn.conversation,
            turn=turn,
            purpose=purpose,
            backend="chat",
            input=60,
            output=10,
            cost="0.01",
        )
    apps.get_model("usage.Outage").objects.create(pk=OUTAGE_PK, code="unreachable", failures=3)
    kind = apps.get_model("contenttypes.ContentType").objects.create(app_label="usage", model="request")
    right = apps.get_model("auth.Permission").objects.create(
        content_type=kind, codename="view_request", name="Can view request"
    )
    users = apps.get_model("auth.User").objects
    users.create(username="carol", is_staff=True).user_permissions.add(right)
    group = apps.get_model("auth.Group").objects.create(name="Accounting")
    group.permissions.add(right)
    users.create(username="dave", is_staff=True).groups.add(group)


def _fill_errands(apps: Apps, conversation: Any, last_turn: Any) -> None:
    errands = apps.get_model("conversations.Errand").objects
    errands.create(name="forget", key="responses:resp_1", tries=40)
    errands.create(name="alert", key=f"{OUTAGE_PK}")
    errands.create(name="triage", key="TKT-00000001", conversation=conversation, tries=2)
    errands.create(name="handover_note", key="TKT-00000001", conversation=conversation)
    key = f"{conversation.pk}:{last_turn.pk}"
    errands.create(
        name="summary", key=key, conversation=conversation, until=last_turn, reservation=RESERVATION
    )


def _create_conversation(apps: Apps, **fields: Any) -> Any:
    return apps.get_model("conversations.Conversation").objects.create(**fields)


def _create_turn(apps: Apps, conversation: Any, **fields: Any) -> Any:
    return apps.get_model("conversations.Turn").objects.create(conversation=conversation, **fields)


def _create_message(apps: Apps, turn: Any, seq: int, role: str, text: str, **fields: Any) -> Any:
    return apps.get_model("conversations.Message").objects.create(
        conversation=turn.conversation, turn=turn, seq=seq, role=role, text=text, **fields
    )


def _create_tool_call(apps: Apps, message: Any, **fields: Any) -> None:
    apps.get_model("conversations.ToolCall").objects.create(
        message=message,
        position=0,
        call_id="call_1",
        name="lookup_order",
        arguments='{"order_id": "ORD-456"}',
        progress="Looking up order ORD-456",
        **fields,
    )
