"""What leaves for a spreadsheet is read there as it is, and no cell of it is run."""

import csv
import io
import time

import pytest
from asgiref.sync import async_to_sync

from supportbot.conversations.models import Conversation, Rating
from supportbot.dashboard.csv_export import quote_cell, stream_csv

pytestmark = pytest.mark.django_db

FORMULAS = ("=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "  =1", "＝1", "＋1", "－1", "＠A1")
FORMULAS += ("\u00a0=1", "\u3000=1", "\u200b=1", "\ufeff=1", "\x00=1", "\x0b=1", " \u200b +1")


@pytest.mark.parametrize("text", FORMULAS)
def test_what_begins_like_a_formula_is_text(text):
    assert quote_cell(text) == f"'{text}"


@pytest.mark.parametrize(
    ("text", "safe"),
    [
        ("a;=1+1", "a;'=1+1"),
        ('a; "=1', "a; \"'=1"),
        ("a\n=1", "a\n'=1"),
        ("a\r\n@SUM(A1)", "a\r\n'@SUM(A1)"),
        ("a;-2+3", "a;'-2+3"),
        ('a;-(HYPERLINK("x"))', 'a;\'-(HYPERLINK("x"))'),
        ("a;--cmd|' /C calc'!A0", "a;'--cmd|' /C calc'!A0"),
        ("a;-@SUM(1)", "a;'-@SUM(1)"),
        ("a\t＝1", "a\t'＝1"),
        ("=1;=2", "'=1;'=2"),
        ("a; ;\n\n=1 ;-;-2", "a; ;\n\n'=1 ;-;'-2"),
    ],
)
def test_what_would_be_a_cell_of_its_own_by_semicolons_is_text_too(text, safe):
    assert quote_cell(text) == safe


@pytest.mark.parametrize("gap", ["\n", "; ", "\r\n\u200b"])
def test_a_text_of_gaps_alone_is_read_in_no_time(gap):
    started = time.thread_time()
    assert quote_cell(f"a{gap * 50_000}b") == f"a{gap * 50_000}b"
    assert time.thread_time() - started < 1


@pytest.mark.parametrize(
    "value",
    [
        0,
        -5,
        1.5,
        "Kettle",
        "5 = 5",
        "Ø",
        "thanks ;-)",
        "One:\n- two",
        "Bye\n-- \nZoe",
        "a\n---",
        "a; b",
        "a\nb",
        "a, -5",
    ],
)
def test_all_else_is_as_it_was(value):
    assert quote_cell(value) == value


def read_rows(response):
    text = b"".join(async_to_sync(take_all)(response.streaming_content)).decode()
    assert text.startswith("\ufeff")
    return list(csv.reader(io.StringIO(text[1:], newline="")))


async def take_all(parts):
    return [part async for part in parts]


async def test_a_long_export_is_read_while_it_is_sent():
    read = []

    def read_rows_slowly():
        for number in range(10_000):
            read.append(number)
            yield [number]

    parts = aiter(stream_csv("long", ["Number"], read_rows_slowly()).streaming_content)
    await anext(parts)

    assert len(read) < 1000
    assert len([part async for part in parts]) > 10
    assert len(read) == 10_000


@pytest.fixture
def rated(db):
    chat = Conversation.objects.create(last_seq=1, guest_key="g", title="=cmd|' /C calc'!A0")
    return Rating.objects.create(
        conversation=chat, handler="staff", is_good=True, rated=chat.created, words='=HYPERLINK("x"),\n"é"'
    )


def test_a_table_is_exported_as_it_is_shown(leads, rated):
    report = next(
        report
        for section in leads.get("/admin/numbers/?period=7").context["sections"]
        for report in section.reports
        if report.key == "dashboard.count_ratings"
    )
    rows = read_rows(
        leads.get(
            "/admin/numbers/table.csv", {"period": "7", "number": "dashboard.count_ratings", "table": "time"}
        )
    )

    assert rows[0] == ["Day", "Ratings", "Good", "Not good"]
    assert [row[1:] for row in rows[1:]] == [
        [str(cell.value) for cell in row.cells] for row in report.tables[0].rows
    ]
    assert rows[-1][1:] == ["1", "1", "0"]


def test_the_rows_behind_a_number_are_exported_with_every_word(leads, rated):
    query = {"number": "dashboard.count_ratings", "since": "2000-01-01T00:00Z", "until": "2100-01-01T00:00Z"}
    response = leads.get("/admin/numbers/list.csv", query)
    rows = read_rows(response)

    assert len(rows) == 2
    assert rows[1][0] == "Good"
    assert rows[1][-1] == "'" + rated.words
    assert response["Content-Disposition"] == 'attachment; filename="dashboard.count_ratings.csv"'


OF_RATINGS = {
    "number": "dashboard.count_ratings",
    "since": "2000-01-01T00:00Z",
    "until": "2100-01-01T00:00Z",
}


@pytest.mark.parametrize(
    "query",
    [
        {"number": "dashboard.nothing", "since": "2000-01-01T00:00Z", "until": "2100-01-01T00:00Z"},
        {"number": "dashboard.count_ratings", "since": "x", "until": "2100-01-01T00:00Z"},
        {"number": "dashboard.count_ratings", "since": "2000-01-01", "until": "2100-13-01T00:00Z"},
        {
            "number": "dashboard.count_conversations",
            "since": "2000-01-01T00:00Z",
            "until": "2100-01-01T00:00Z",
            "by": "guest_key",
            "kind": "g",
        },
        OF_RATINGS | {"by": "is_good", "kind": "perhaps"},
        OF_RATINGS | {"by": "is_good", "kind": "a\0b"},
        OF_RATINGS | {"since": "0001-01-01T00:00:00+14:00"},
        OF_RATINGS | {"until": "9999-12-31T23:59:59-14:00"},
    ],
)
def test_an_address_that_no_number_has_is_not_found(leads, rated, query):
    """Nor can rows be filtered by what is secret."""
    assert leads.get("/admin/numbers/list/", query).status_code == 404
    assert leads.get("/admin/numbers/list.csv", query).status_code == 404
    assert leads.get("/admin/numbers/table.csv", query | {"table": "nothing"}).status_code == 404


def test_whoever_may_not_open_the_rows_sees_the_number_without_a_link(lead, leads, rated):
    lead.groups.clear()
    from django.contrib.auth.models import Permission

    lead.user_permissions.add(Permission.objects.get(codename="view_dashboard"))
    page = leads.get("/admin/numbers/?period=7")
    query = {"number": "dashboard.count_ratings", "since": "2000-01-01T00:00Z", "until": "2100-01-01T00:00Z"}

    assert page.status_code == 200
    assert "/admin/numbers/list/" not in page.content.decode()
    assert leads.get("/admin/numbers/list/", query).status_code == 403
    assert leads.get("/admin/numbers/list.csv", query).status_code == 403
