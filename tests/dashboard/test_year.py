"""Of a year of 10,000 conversations every number equals the one counted by hand, and opens as many rows as it says."""

import re
from datetime import date, timedelta
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from supportbot.dashboard.periods import CHOICES
from supportbot.dashboard.reports import Report
from supportbot.dashboard.rows import find_rows
from tests.conversations.markup import parse

from . import by_hand
from .by_hand import BERLIN, Rows, choose, count_kinds
from .year import NOW, Year

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("in_berlin", "now")]

DASHBOARD = "/admin/numbers/"
MAX_QUERIES = 15
# What a plan says of a table that is read from its beginning to its end.
WHOLE_TABLE = {"sqlite": ("SCAN",), "postgresql": ("Seq Scan",)}
TODAY = date(2026, 11, 27)
FIRST_DAYS = {
    "today": TODAY,
    "7": date(2026, 11, 21),
    "30": date(2026, 10, 29),
    "90": date(2026, 8, 30),
    "year": date(2025, 11, 28),
}


@pytest.fixture(scope="module")
def rows(year: Year, django_db_blocker: Any) -> Rows:
    with django_db_blocker.unblock():
        return Rows.load(NOW)


def load_reports(leads: Client, **asked: str) -> dict[str, Report]:
    response = leads.get(DASHBOARD, asked)
    assert response.status_code == 200
    return {report.key: report for section in response.context["sections"] for report in section.reports}


def read_figures(report: Report) -> list[Any]:
    return [figure.cell.value for figure in report.figures]


def read_table(report: Report, name: str) -> dict[str, list[Any]]:
    (table,) = [each for each in report.tables if each.name == name]
    return {row.key: [cell.value for cell in row.cells] for row in table.rows}


def count_expected(key: str, rows: Rows, first: date, last: date) -> list[Any]:
    """The figures of a number, in their order."""
    chosen = choose(rows.moments[key], first, last)
    kinds = count_kinds(chosen)
    if key == "dashboard.add_up_tokens":
        return [*by_hand.add_up(chosen)]
    if ".measure_" in key:
        return [*by_hand.find_percentiles(chosen)]
    names = {
        "dashboard.count_conversations": ("person", "returned", "confirmed", "denied", "silence", "open"),
        "dashboard.count_ratings": ("True", "False"),
        "tickets.count_ends": ("reopened", "merged", "customer", "staff"),
    }
    return [len(chosen), *(kinds[name] for name in names.get(key, ()))]


@pytest.mark.parametrize("choice", CHOICES)
def test_every_figure_is_the_one_counted_by_hand(leads, rows, choice):
    reports = load_reports(leads, period=choice)
    found = {key: read_figures(report) for key, report in reports.items()}

    expected = {
        # What has no row, then or before, says so in words.
        key: [] if reports[key].is_empty and not any(figures) else figures
        for key in found
        for figures in [count_expected(key, rows, FIRST_DAYS[choice], TODAY)]
    }
    assert len(found) == 9
    assert found == expected
    assert choice == "today" or all(figures[0] for figures in found.values())


def test_every_figure_opens_a_page_with_as_many_rows_as_it_says(leads, rows):
    for key, report in load_reports(leads, period="year").items():
        counted = report.figures[0].cell.value  # of a time and a sum the rows that it is made of
        for figure in report.figures:
            assert bool(figure.cell.address) == bool(figure.cell.value)
            if not figure.cell.address:
                continue
            page = parse(leads.get(figure.cell.address).content.decode())
            number = figure.cell.value if ".count_" in key else counted
            assert page.one(id="count").text == f"{number:,}", (key, figure.label)
            assert len(page.classed("rows-table")[0].all("tr")) - 1 == min(number, 100)


def test_every_cell_opens_as_many_rows_as_it_says(leads, rows):
    counts = []
    for key, report in load_reports(leads, period="7").items():
        cells = [
            cell for table in report.tables for row in table.rows for cell in row.cells[: _count_columns(key)]
        ]
        cells += [cell for each in report.figures[: _count_columns(key)] for cell in (each.cell, each.before)]
        for cell in cells:
            assert bool(cell.address) == bool(cell.value)
            if cell.address:
                asked = dict(parse_qsl(urlsplit(cell.address).query, keep_blank_values=True))
                assert find_rows(asked).rows.count() == cell.value, (key, asked)
                counts.append(cell.value)
    assert len(counts) > 150
    assert len(set(counts)) > 20


def _count_columns(key: str) -> int | None:
    """Of times and sums only the first column counts rows."""
    return None if ".count_" in key else 1


def test_the_days_of_a_table_are_those_of_the_shop_also_when_its_clock_changes(leads, rows):
    """The clock went back on 25 October."""
    first, last = date(2026, 10, 20), date(2026, 10, 30)
    reports = load_reports(leads, period="own", first=str(first), last=str(last))

    days = [first + timedelta(days=number) for number in range(11)]
    for key, report in reports.items():
        expected = {str(day): count_expected(key, rows, day, day) for day in days}
        if ".measure_" not in key and key != "dashboard.add_up_tokens":
            assert read_table(report, "time") == expected, key
        else:
            assert {day: [*values] for day, values in read_table(report, "time").items()} == {
                day: [
                    value if values[0] or not place else read_empty(key) for place, value in enumerate(values)
                ]
                for day, values in expected.items()
            }, key
    assert (
        sum(values[0] for values in read_table(reports["dashboard.count_conversations"], "time").values())
        > 200
    )


def read_empty(key: str) -> Any:
    return 0 if key == "dashboard.add_up_tokens" else None


@pytest.mark.parametrize(
    ("key", "table", "source"),
    [
        ("tickets.count_tickets", "status", "tickets.count_tickets"),
        ("tickets.count_tickets", "category", "tickets.count_tickets category"),
        ("dashboard.count_failures", "error", "dashboard.count_failures"),
    ],
)
def test_tables_by_kind_are_those_counted_by_hand(leads, rows, key, table, source):
    report = load_reports(leads, period="90")[key]

    moments = rows.moments[source]
    here = count_kinds(choose(moments, FIRST_DAYS["90"], TODAY))
    # Until the same hour of the day before the first one.
    there = count_kinds(
        row
        for row in choose(
            moments, FIRST_DAYS["90"] - timedelta(days=90), FIRST_DAYS["90"] - timedelta(days=1)
        )
        if row[0].astimezone(BERLIN).replace(tzinfo=None)
        < NOW.astimezone(BERLIN).replace(tzinfo=None) - timedelta(days=90)
    )
    found = {name: tuple(values) for name, values in read_table(report, table).items() if any(values)}
    assert found == {name: (here[name], there[name]) for name in here | there}


def test_tokens_are_told_by_model(leads, rows):
    found = read_table(load_reports(leads, period="90")["dashboard.add_up_tokens"], "model")

    chosen = choose(rows.moments["dashboard.add_up_tokens"], FIRST_DAYS["90"], TODAY)
    assert found == {
        model: [*by_hand.add_up(row for row in chosen if row[1] == model)] for model in count_kinds(chosen)
    }


@pytest.mark.parametrize("choice", ["7", "year"])
def test_a_page_has_at_most_fifteen_queries(leads, year, choice):
    address = f"{DASHBOARD}?period={choice}"
    leads.get(address)  # what is looked up once in a process
    with CaptureQueriesContext(connection) as queries:
        reports = load_reports(leads, period=choice)
    listed = next(iter(reports.values())).figures[0].cell.address
    with CaptureQueriesContext(connection) as list_queries:
        leads.get(listed)

    assert len(queries) <= MAX_QUERIES
    assert len(list_queries) <= MAX_QUERIES


def test_what_the_page_shows_is_what_was_counted(leads, rows):
    """The figures of the page itself, as they are read there."""
    page = leads.get(DASHBOARD, {"period": "year"}).content.decode()

    shown = [int(each.replace(",", "")) for each in re.findall(r">([\d,]+)</a>", page)]
    assert len(rows.conversations()) == 9_800
    assert sum(count_expected("dashboard.count_conversations", rows, FIRST_DAYS["year"], TODAY)[1:]) in shown
    assert timezone.get_current_timezone_name() == "Europe/Berlin"


def test_no_table_is_read_whole_for_a_week(leads, year):
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET LOCAL enable_seqscan = off")  # it may like that better for so few rows
        with CaptureQueriesContext(connection) as queries:
            load_reports(leads, period="7")
        statements = [query["sql"] for query in queries if "dashboard_slot" in query["sql"]]
        plans = [explain(cursor, statement) for statement in statements]

    assert len(plans) == 9
    for plan in plans:
        assert not [line for line in plan if line.strip(" ->").startswith(WHOLE_TABLE[connection.vendor])], (
            plan
        )
    if connection.vendor == "sqlite":  # PostgreSQL says so of tables that were vacuumed
        assert "COVERING INDEX requests_by_day" in str(plans), "what is added up is read from an index alone"


def explain(cursor: Any, sql: str) -> list[str]:
    cursor.execute(f"{'EXPLAIN QUERY PLAN' if connection.vendor == 'sqlite' else 'EXPLAIN'} {sql}")
    return [str(row[-1]) for row in cursor.fetchall()]
