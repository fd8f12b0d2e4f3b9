"""The file of an export is whole or there is none, its names are ours, and it costs little however much is in it."""

import tracemalloc
from collections.abc import Iterable
from datetime import datetime
from io import BytesIO
from types import ModuleType
from typing import Any
from zipfile import ZipFile

import pytest
from django.apps import apps
from django.core.files.base import ContentFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from supportbot.assistant.app_functions import collect_app_functions
from supportbot.assistant.customer_exports import (
    CustomerExport,
    ExportedCustomer,
    collect_exports,
    customer_export,
)
from supportbot.assistant.declarations import DeclarationError
from supportbot.audit.models import AuditEvent
from supportbot.conversations.models import Attachment, Conversation, Message, Turn
from supportbot.desk.customers.export_archive import build_archive
from tests.conversations.photos import PICTURE

from .exports import attach_photo, build_all, press_export, read_parts, say

MAX_QUERIES = 20


def test_times_say_their_zone_and_every_letter_is_kept(leads, alice, settings):
    settings.TIME_ZONE = "Europe/Berlin"
    say(Conversation.objects.create(user=alice), ("customer", '«Grüße» 🎉 \\ " </script>\n\x7f'))
    at = datetime(2026, 7, 1, 22, 30, 5, 600, tzinfo=timezone.get_default_timezone())
    Message.objects.update(created=at)

    archive = press_export(leads, "customer", alice.pk)

    (conversation,) = read_parts(archive)["conversations"]
    assert conversation["messages"] == [
        {
            "at": "2026-07-01T22:30:05+02:00",
            "from": "customer",
            "text": '«Grüße» 🎉 \\ " </script>\n\x7f',
        }
    ]
    assert "«Grüße» 🎉" in ZipFile(BytesIO(archive)).read("conversations.json").decode()


@pytest.fixture
def add_export(monkeypatch):
    """Have an app add its part, as one of the functions in its module."""
    desk: Any = apps.get_app_config("desk")

    def add(function: Any) -> None:
        app = ModuleType("orders.customer_exports")
        function.__module__ = app.__name__
        app.part = customer_export("returns")(function)
        (found,) = collect_app_functions(CustomerExport, [app])
        monkeypatch.setattr(desk, "customer_exports", [*desk.customer_exports, found])

    return add


def test_rows_that_are_yielded_are_written_one_at_a_time(add_export):
    def export_returns(customer: ExportedCustomer) -> Iterable[dict[str, Any]]:
        for number in range(2):
            yield {"number": number}

    add_export(export_returns)

    parts = read_parts(build_all(ExportedCustomer((), ())))
    assert parts["returns"] == [{"number": 0}, {"number": 1}]


def raise_error(customer: ExportedCustomer) -> Any:
    raise ValueError("no such thing")


def raise_later(customer: ExportedCustomer) -> Iterable[dict[str, Any]]:
    return ({"half": 1 // (2 - number)} for number in range(3))


def query_missing_table(customer: ExportedCustomer) -> Any:
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM no_such_table")


def return_nothing(customer: ExportedCustomer) -> Any:
    return None


def return_an_object(customer: ExportedCustomer) -> Any:
    return [{"order": object()}]


def return_a_time_of_no_zone(customer: ExportedCustomer) -> Any:
    return [{"at": datetime(2026, 7, 1)}]  # noqa: DTZ001


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    "function",
    [
        *(raise_error, raise_later, query_missing_table),
        *(return_nothing, return_an_object, return_a_time_of_no_zone),
    ],
)
def test_where_a_part_fails_nothing_is_exported_and_staff_are_told_of_which_app(
    leads, alice, add_export, caplog, function
):
    """Half of the data would look like all of it."""
    add_export(function)

    page = leads.post(f"/admin/desk/customer/{alice.pk}/export/", follow=True)

    assert page.redirect_chain == [(f"/admin/desk/customer/{alice.pk}/", 302)]
    told = "Nothing was exported: the data of “Orders” could not be read. The server’s log says why."
    assert told in page.content.decode()
    assert not AuditEvent.objects.filter(action="customer_exported").exists()
    (logged,) = [each for each in caplog.records if each.levelname == "ERROR"]
    assert logged.getMessage() == f"@customer_export orders.customer_exports.{function.__name__} failed"
    assert logged.exc_info


@pytest.mark.parametrize(
    ("stored", "ending"),
    [
        ("../../etc/passwd", ""),
        ("..\\..\\evil.exe", ".exe"),
        ("a/b.p/../df", ""),
        ("x.tar.gz", ".gz"),
        ("x.j pg", ""),
        ("x.jpg\n", ""),
        ("x.ʲᵖᵍ", ""),
        ("C:evil.js:stream", ""),
    ],
)
def test_a_file_comes_along_under_a_name_that_is_ours_whatever_it_was_called(
    add_export, monkeypatch, stored, ending
):
    file = Attachment(file=stored).file
    monkeypatch.setattr(file.storage, "exists", lambda name: True)
    monkeypatch.setattr(file.storage, "open", lambda name: ContentFile(b"Papers"))
    add_export(lambda customer: [{"papers": file}])

    archive = build_all(ExportedCustomer((), ()))

    assert read_parts(archive)["returns"] == [{"papers": f"returns/1{ending}"}]
    assert ZipFile(BytesIO(archive)).read(f"returns/1{ending}") == b"Papers"


def test_a_photo_that_is_gone_from_the_disk_holds_nothing_up(leads, alice):
    chat = Conversation.objects.create(user=alice)
    gone, kept = (attach_photo(say(chat, ("customer", text))) for text in ("One", "Two"))
    gone.file.storage.delete(gone.file.name)

    archive = press_export(leads, "customer", alice.pk)

    (conversation,) = read_parts(archive)["conversations"]
    assert [each["photos"] for each in conversation["messages"]] == [[None], ["conversations/1.jpg"]]
    assert ZipFile(BytesIO(archive)).read("conversations/1.jpg") == PICTURE.data
    assert kept.size == len(PICTURE.data)


def test_a_long_history_costs_few_queries_and_less_memory_than_it_has_words(alice):
    chats = [Conversation.objects.create(user=alice) for _ in range(40)]
    turns = [Turn.objects.create(conversation=chat) for chat in chats]
    Message.objects.bulk_create(
        Message(conversation_id=turn.conversation_id, turn=turn, seq=seq, role="customer", text="x" * 4000)
        for turn in turns
        for seq in range(1, 51)
    )
    customer = ExportedCustomer((alice.pk,), tuple(chat.pk for chat in chats))
    build_all(customer)  # what is loaded once

    with CaptureQueriesContext(connection) as queries:
        tracemalloc.start()
        archive = build_all(customer)
        _now, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()

    assert [len(each["messages"]) for each in read_parts(archive)["conversations"]] == [50] * 40
    assert len(queries) <= MAX_QUERIES
    assert peak < 5_000_000  # of 8,000,000 letters


def test_a_large_file_is_sent_in_pieces(add_export, monkeypatch):
    file = Attachment(file="film.mp4").file
    monkeypatch.setattr(file.storage, "exists", lambda name: True)
    monkeypatch.setattr(file.storage, "open", lambda name: ContentFile(bytes(5_000_000)))
    add_export(lambda customer: [{"film": file}])

    sizes = [len(piece) for piece in build_archive(ExportedCustomer((), ()))]

    assert sum(sizes) > 5_000_000
    assert max(sizes) < 200_000


def test_two_exports_of_one_name_are_refused_at_the_start():
    def export_returns(customer: ExportedCustomer) -> Any:
        return []

    modules = [ModuleType("returns.customer_exports"), ModuleType("refunds.customer_exports")]
    for module in modules:
        function = type(export_returns)(export_returns.__code__, {}, "export_returns")
        function.__module__ = module.__name__
        module.part = customer_export("returns")(function)

    with pytest.raises(
        DeclarationError,
        match=r"^Two exports are named returns: returns\..* and refunds\..* Rename one of them\.$",
    ):
        collect_exports(modules)
