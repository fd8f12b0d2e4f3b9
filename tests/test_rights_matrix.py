"""Who may do what, for every address, every model of the admin and every tool. A new one without a row fails."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.apps import apps
from django.contrib import admin
from django.contrib.auth.models import AnonymousUser, User
from django.test import Client, RequestFactory
from django.urls import URLPattern, URLResolver, get_resolver

from supportbot.assistant.messages import ToolCall
from supportbot.assistant.tools import Customer, ToolContext
from supportbot.concurrent_edits import ConcurrentEditForm, LockedRowAdmin
from supportbot.conversations.models import Conversation, Turn
from supportbot.conversations.staff_group import ensure_staff_groups
from supportbot.urls import websocket_urlpatterns
from tickets.models import Ticket

pytestmark = pytest.mark.django_db

EVERYBODY = ("nobody", "guest", "alice", "bob", "trainee", "agent", "lead", "administrator")
STAFF_WITH_RIGHTS = ("agent", "lead", "administrator")
LEADS = ("lead", "administrator")
ADMIN_PAGES = "admin"  # the pages of Django admin, which the table of models below speaks of

# By name, or by pattern where there is none: who gets something else than a refusal, a sign-in or «not found».
ROUTES: dict[str, tuple[str, ...]] = {
    "index": EVERYBODY,
    "new": EVERYBODY,
    "conversations": EVERYBODY,
    "conversation": ("alice",),
    "frames": ("alice",),
    "forget": EVERYBODY,  # of what is their own; tests/conversations/test_shared_devices.py
    "earlier": ("alice",),
    "transcript-text": ("alice",),
    "transcript-json": ("alice",),
    "transcript-mail": ("alice",),
    "images": ("alice",),
    "image": (),  # there is none; tests/conversations/test_image_rights.py has its rows
    "continue": EVERYBODY,  # it is of whoever has the code; tests/mail/test_access_codes.py has their rows
    "login": EVERYBODY,
    "logout": EVERYBODY,
    "favicon.ico": EVERYBODY,
    # Of whoever has the secret, which is not set; tests/orders/test_webhooks.py has their rows.
    "orders-shopify": (),
    "orders-woocommerce": (),
    "orders-api": (),
    "tickets": EVERYBODY,  # of their own; tests/tickets/test_customer_pages.py
    "ticket": ("alice",),
    "desk": STAFF_WITH_RIGHTS,
    "desk-board": STAFF_WITH_RIGHTS,
    "desk-colleagues": STAFF_WITH_RIGHTS,
    "desk-mentionable": STAFF_WITH_RIGHTS,
    "desk-earlier": STAFF_WITH_RIGHTS,
    "desk-replies": STAFF_WITH_RIGHTS,
    "desk-records": STAFF_WITH_RIGHTS,
    "desk-customer": STAFF_WITH_RIGHTS,
    "desk-guest": STAFF_WITH_RIGHTS,
    "desk-customer-export": LEADS,
    "desk-guest-export": LEADS,
    # Of who has the conversation alone; tests/desk/test_desk_rights.py has their rows.
    "desk-photos": (),
    "desk-photo": (),
    "dashboard": LEADS,
    "dashboard-list": LEADS,
    "dashboard-rows": LEADS,
    "dashboard-table": LEADS,
}
POSTED = (
    *("new", "forget", "logout", "images", "desk-photos"),
    *("desk-customer-export", "desk-guest-export"),
)
# Every action of theirs is played by tests/test_action_rights.py.
SOCKETS = {
    "ws/c/<uuid:public_id>/",
    "ws/desk/",
    "ws/desk/c/<int:pk>/",
}

# By model: who may view, add, change and delete.
NOBODY: tuple[str, ...] = ()
ADMINISTRATOR = ("administrator",)
MODELS: dict[str, tuple[tuple[str, ...], ...]] = {
    "auth.user": (ADMINISTRATOR,) * 4,
    "auth.group": (ADMINISTRATOR,) * 4,
    "conversations.conversation": (STAFF_WITH_RIGHTS, NOBODY, NOBODY, ADMINISTRATOR),
    "desk.savedreply": (STAFF_WITH_RIGHTS,) * 4,
    "tickets.ticket": (STAFF_WITH_RIGHTS, STAFF_WITH_RIGHTS, STAFF_WITH_RIGHTS, ADMINISTRATOR),
    "orders.order": (STAFF_WITH_RIGHTS, ADMINISTRATOR, ADMINISTRATOR, ADMINISTRATOR),
    "prompts.prompt": (LEADS,) * 4,
    "usage.modelrequest": (STAFF_WITH_RIGHTS, NOBODY, NOBODY, NOBODY),
    "usage.outage": (STAFF_WITH_RIGHTS, NOBODY, NOBODY, NOBODY),
    "audit.auditevent": (LEADS, NOBODY, NOBODY, NOBODY),
    "mail.incomingmail": (STAFF_WITH_RIGHTS, NOBODY, STAFF_WITH_RIGHTS, ADMINISTRATOR),
    "mail.mailpreference": (
        ("trainee", *STAFF_WITH_RIGHTS),
        ("trainee", *STAFF_WITH_RIGHTS),
        ("trainee", *STAFF_WITH_RIGHTS),
        ADMINISTRATOR,
    ),
    "axes.accessattempt": (LEADS, NOBODY, ADMINISTRATOR, LEADS),
    "axes.accesslog": (ADMINISTRATOR, NOBODY, ADMINISTRATOR, ADMINISTRATOR),
    "axes.accessfailurelog": (ADMINISTRATOR, NOBODY, ADMINISTRATOR, ADMINISTRATOR),
}
# By model and action of its list: who is offered it, and has it done.
TICKET_ACTIONS = (
    "set_open",
    "set_pending",
    "set_resolved",
    "set_closed",
    "assign_to_me",
    "assign_to_colleague",
    "ask_the_assistant",
)
ADMIN_ACTIONS: dict[str, dict[str, tuple[str, ...]]] = {
    "tickets.ticket": dict.fromkeys(TICKET_ACTIONS, STAFF_WITH_RIGHTS),
    "mail.incomingmail": dict.fromkeys(("post_in_conversation", "dismiss_mails"), STAFF_WITH_RIGHTS),
}
# By tool: what it does to the world, what it is asked, and whoever is then told of Alice's order or ticket.
TOOLS: dict[str, tuple[str, dict[str, str], tuple[str, ...]]] = {
    "request_human": ("write", {"reason": "Her order ORD-123"}, ()),
    "create_ticket": ("write", {"issue": "Her order ORD-123", "priority": "low"}, ()),
    "my_tickets": ("read", {}, ("alice",)),
    "lookup_order": ("read", {"order_id": "ORD-123"}, ("alice",)),
    "my_orders": ("read", {}, ("alice",)),
}


@pytest.fixture
def people(alice: User, bob: User) -> dict[str, Any]:
    agents, leads = ensure_staff_groups()
    people = {
        "nobody": AnonymousUser(),
        "guest": AnonymousUser(),
        "alice": alice,
        "bob": bob,
        "trainee": User.objects.create_user("trainee", is_staff=True),
        "agent": User.objects.create_user("agent", is_staff=True),
        "lead": User.objects.create_user("lead", is_staff=True),
        "administrator": User.objects.create_superuser("administrator"),
    }
    people["agent"].groups.add(agents)
    people["lead"].groups.add(leads)
    return people


def routes(patterns: list[Any] | None = None, prefix: str = "") -> Iterator[tuple[str, str]]:
    """Every address but those of the admin's models: (name, pattern)."""
    for each in get_resolver().url_patterns if patterns is None else patterns:
        pattern = f"{prefix}{each.pattern}"
        if isinstance(each, URLResolver):
            if each.app_name != ADMIN_PAGES:
                yield from routes(each.url_patterns, pattern)
        elif isinstance(each, URLPattern):
            yield each.name or pattern, pattern


def test_every_route_has_a_row():
    assert {name for name, _ in routes()} == ROUTES.keys()


def test_every_socket_has_a_row():
    assert {str(each.pattern) for each in websocket_urlpatterns} == SOCKETS


def test_every_model_of_the_admin_has_a_row():
    assert {model._meta.label_lower for model in admin.site._registry} == MODELS.keys()


def test_every_tool_has_a_row():
    tools = apps.get_app_config("conversations").tools
    assert {name: tool.effect for name, tool in tools.items()} == {
        name: row[0] for name, row in TOOLS.items()
    }


@pytest.mark.parametrize("name", ROUTES)
def test_of_an_address_everybody_gets_what_is_theirs(people, name):
    chat = Conversation.objects.create(user=people["alice"])
    Ticket.objects.create(number="TKT-00000001", customer=people["alice"], conversation=chat, issue="Late")
    pattern = dict(routes())[name]
    for placeholder, value in (("<uuid:public_id>", chat.public_id), ("<int:pk>", chat.pk)):
        pattern = pattern.replace(placeholder, str(value))
    pattern = pattern.replace("<int:customer>", str(people["alice"].pk))
    pattern = pattern.replace("<uuid:image>", "00000000-0000-0000-0000-000000000000")
    pattern = re.sub(r"\(\?P<number>[^)]*\)", "TKT-00000001", pattern).replace("/$", "/")
    pattern = pattern.replace("^", "").replace("/?$", "")

    allowed = [who for who in EVERYBODY if is_let_in(people[who], f"/{pattern}", name)]

    assert allowed == list(ROUTES[name])


def is_let_in(user: Any, path: str, name: str) -> bool:
    client = Client()
    if user.is_authenticated:
        client.force_login(user)
    send = client.post if name in POSTED else client.get
    response = send(path, {"before": 9} if name.endswith("earlier") else {})
    is_sent_to_sign_in = response.status_code == 302 and "/login/" in response.headers["location"]
    return response.status_code not in (403, 404) and not is_sent_to_sign_in


@pytest.mark.parametrize("label", MODELS)
def test_of_a_model_everybody_may_what_the_table_says(people, label):
    model_admin = admin.site._registry[apps.get_model(label)]
    request = RequestFactory().get("/")
    found = []
    for action in ("view", "add", "change", "delete"):
        allowed = []
        for who in EVERYBODY:
            request.user = people[who]
            if request.user.is_staff and getattr(model_admin, f"has_{action}_permission")(request):
                allowed.append(who)
        found.append(tuple(allowed))

    assert tuple(found) == MODELS[label]


def test_only_leads_may_give_a_conversation_of_others_to_a_colleague(people):
    right = "conversations.assign_conversation"
    assert [who for who in EVERYBODY if people[who].has_perm(right)] == list(LEADS)


@pytest.mark.parametrize("label", [label for label, may in MODELS.items() if may[2]])
def test_whoever_may_change_a_row_undoes_nothing_that_somebody_else_has_stored_since(label):
    """What that means is in `supportbot/concurrent_edits.py`. Tickets have a form of their own, which does it too."""
    model_admin = admin.site._registry[apps.get_model(label)]
    is_of_library = label.startswith("axes.")  # whose rows have no field that can be edited
    forms = [model_admin.form, *(inline.form for inline in model_admin.inlines)]
    assert is_of_library or isinstance(model_admin, LockedRowAdmin)
    assert is_of_library or all(issubclass(form, ConcurrentEditForm) for form in forms)


@pytest.mark.parametrize("label", MODELS)
def test_every_action_of_a_list_is_offered_to_whom_the_table_says(people, label):
    """Django runs an action for whom it offers it in a list that they may see, and for nobody else."""
    model_admin = admin.site._registry[apps.get_model(label)]
    request = RequestFactory().get("/")
    offered: dict[str, list[str]] = {}
    for who in EVERYBODY:
        request.user = people[who]
        may_see = request.user.is_staff and model_admin.has_view_permission(request)
        for action in model_admin.get_actions(request) if may_see else ():
            offered.setdefault(action, []).append(who)
    may_delete = MODELS[label][3]
    wanted = ADMIN_ACTIONS.get(label, {}) | ({"delete_selected": may_delete} if may_delete else {})

    assert {action: tuple(who) for action, who in offered.items()} == wanted


@pytest.mark.parametrize("name", TOOLS)
def test_a_tool_tells_and_changes_what_is_of_the_customer_alone(people, name):
    _effect, arguments, told = TOOLS[name]
    hers = Conversation.objects.create(user=people["alice"])
    ticket = Ticket.objects.create(customer=people["alice"], conversation=hers, issue="Late")
    call = ToolCall("c1", name, json.dumps(arguments))
    found = []
    for who in EVERYBODY:
        user = people[who] if people[who].is_authenticated else None
        chat = Conversation.objects.create(user=user, guest_key="" if user else who)
        Turn.objects.create(conversation=chat, state="running")
        customer = Customer(user.pk, user.email, user.username) if user else None
        context = ToolContext(chat.pk, chat.visitor.key, customer, f"turn:{chat.pk}")
        result = apps.get_app_config("conversations").tools[name].run(context, call)
        if "shipped" in result.content or ticket.number in result.content:
            found.append(who)

    assert found == list(told)
    hers.refresh_from_db()
    assert (hers.owner, hers.tickets.count()) == ("bot", 1)
