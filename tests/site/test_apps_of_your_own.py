"""docs/apps.md is true: its examples are one app, which a folder and a word in EXTRA_APPS make a part of the site."""

import json
import re
from pathlib import Path

import pytest

from tests.servers import Site
from tests.servers.fixtures import NewSite
from tests.servers.site import PROJECT

# An app of a stranger is found by an environment that no other process has read.
pytestmark = pytest.mark.usefixtures("begins_with_nothing")

FILE = re.compile(r"^    # (warranty/\w+\.py)\n((?:    .*\n|\n)+)", re.MULTILINE)
# What a developer would do next, and the shop's people after that.
PROGRAM = """
import asyncio
import importlib
import json
from io import BytesIO
from zipfile import ZipFile

from django.apps import apps
from django.contrib.auth.models import Group, User
from django.core.checks import run_checks
from django.core.management import call_command
from django.db import transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

OF_APPS = {f"supportbot.{number}" for number in ("E014", "E015", "W022", "W023", "W024")}
warnings = {each.id for each in run_checks()} & OF_APPS
call_command("makemigrations", "warranty", verbosity=0)
importlib.invalidate_caches()
warnings_after = {each.id for each in run_checks()} & OF_APPS
call_command("migrate", verbosity=0)

from supportbot.assistant import Customer, ToolCall, ToolContext
from supportbot.assistant.conversation_events import ConversationClosed
from supportbot.assistant.person_requests import PersonRequest
from supportbot.jobs.models import Job
from supportbot.jobs.registry import ClaimedJob, get_job_kinds
from warranty.environment import WarrantySettings
from warranty.models import Warranty
from warranty.questions import Mood

alice = User.objects.get(username="alice")
conversations = apps.get_app_config("conversations")
chat = conversations.open_conversation(alice)
asked = []
ctx = ToolContext(chat, "user:1", Customer(alice.pk, alice.email, "Alice"), "turn:1", lambda *each: asked.append(each))
results = []


def call(name, **arguments):
    results.append(conversations.tools[name].run(ctx, ToolCall("1", name, json.dumps(arguments))).content)


lamp = {"product": "Lamp", "bought": "2026-10-01", "price": "19.90"}
call("register_warranty", purchase=lamp, kind="extended")
call("register_warranty", purchase=lamp, kind="extended")
call("my_warranties", kinds=["extended"])

row = Warranty.objects.get()
question, key = asked[0]
assert conversations.questions["mood_at_registration"] is question
question.function(str(key), Mood(mood="happy"))
moods = [Warranty.objects.get().mood]
with transaction.atomic():
    for handler in conversations.person_request_handlers:
        handler(PersonRequest(chat, ctx.customer, ""))
    moods.append(Warranty.objects.get().mood)

rules = [each for each in conversations.retention_rules if each.function.__module__ == "warranty.retention_rules"]
needed = rules[0]([chat], timezone.now())

settled = [each for each in conversations.event_handlers if each.function.__module__ == "warranty.conversation_events"]
settled[0](ConversationClosed(chat, User.objects.get(username="sam").pk))

job = Job.objects.get(kind="remind_of_end")
asyncio.run(get_job_kinds()["remind_of_end"].function(ClaimedJob(job.pk, job.kind, job.key, 1)))


def read(name, path):
    client = Client(HTTP_HOST="127.0.0.1")
    client.force_login(User.objects.get(username=name))
    return client.get(path).content.decode()


def export_warranties():
    async def read(pieces):
        return b"".join([piece async for piece in pieces])

    client = Client(HTTP_HOST="127.0.0.1")
    client.force_login(User.objects.get(username="admin"))
    response = client.post(reverse("desk-customer-export", args=[alice.pk]))
    with ZipFile(BytesIO(asyncio.run(read(response.streaming_content)))) as files:
        return json.loads(files.read("warranties.json"))


print(json.dumps({
    "warnings": [sorted(warnings), sorted(warnings_after)],
    "results": [json.loads(each) for each in results],
    "moods": moods,
    "is of the conversation": Warranty.objects.get().conversation_id is not None,
    "keeps its conversation": needed == {chat},
    "due": str(job.run_after.date()),
    "rights": sorted(Group.objects.get(name="Support staff").permissions.filter(
        content_type__app_label="warranty").values_list("codename", flat=True)),
    "list": "1 warranty" in read("sam", "/admin/warranty/warranty/"),
    "record": "Lamp" in read("sam", reverse("desk-customer", args=[alice.pk])),
    "export": [(each["product"], each["ends"], "T" in each["created"]) for each in export_warranties()],
    "number": "Registered products" in read("admin", "/admin/numbers/"),
    "page": json.loads(read("alice", "/warranty/")),
    "months": WarrantySettings().months,
}))
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where the app of the page lies."""
    apart = tmp_path / "apart"
    for name, code in FILE.findall((PROJECT / "docs/apps.md").read_text()):
        path = apart / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("\n".join(line.removeprefix("    ") for line in code.splitlines()) + "\n")
    (apart / "warranty/__init__.py").touch()
    return apart


@pytest.fixture
def site(new_site: NewSite, folder: Path) -> Site:
    return new_site(
        EXTRA_APPS="warranty",
        PYTHONPATH=str(folder),
        WARRANTY_MONTHS="36",
    )


def test_every_extension_point_works_as_the_page_shows_it(site: Site) -> None:
    done = json.loads(site.manage("shell", "--verbosity", "0", "-c", PROGRAM).splitlines()[-1])

    registered = {"product": "Lamp", "kind": "extended", "ends": "2028-09-30"}
    assert done == {
        "warnings": [["supportbot.W022"], []],  # before and after makemigrations
        "results": [registered, registered, [registered]],
        "moods": ["happy", "angry"],
        "is of the conversation": False,
        "keeps its conversation": True,
        "due": "2028-09-30",
        "rights": ["change_warranty", "view_warranty"],
        "list": True,
        "record": True,
        "export": [["Lamp", "2028-09-30", True]],
        "number": True,
        "page": {"warranties": [registered]},
        "months": 36,
    }


def test_the_tests_of_the_page_are_found_and_pass(site: Site) -> None:
    site.manage("makemigrations", "warranty")
    done = site.try_to("test", "warranty")

    assert done.returncode == 0, done.stdout + done.stderr
    assert "Ran 2 tests" in done.stderr
