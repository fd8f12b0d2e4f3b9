"""What models cost is told where it is known, and never as nothing where nobody knows."""

from datetime import timedelta

import pytest
from django.utils import timezone

from supportbot.usage.models import ModelRequest

pytestmark = pytest.mark.django_db


def load_report(leads):
    sections = leads.get("/admin/numbers/?period=7").context["sections"]
    (report,) = [each for section in sections for each in section.reports if each.key.endswith("tokens")]
    return report


def ask(days_ago, cost):
    asked = timezone.now() - timedelta(days=days_ago)
    ModelRequest.objects.create(purpose="answer", model="m", input=100, output=7, cost=cost, created=asked)


def test_a_cost_that_nobody_knows_is_not_drawn(leads):
    ask(0, None)

    assert [plot.caption for plot in load_report(leads).plots] == ["Tokens read and Tokens written"]


def test_a_cost_that_nobody_knows_of_any_request_is_no_amount_anywhere(leads):
    ask(1, None)

    report = load_report(leads)

    costs = [report.figures[-1].cell, report.figures[-1].before]
    costs += [row.cells[-1] for table in report.tables for row in table.rows]
    assert {(cell.value, cell.text) for cell in costs} == {(None, "–")}


def test_a_day_whose_cost_nobody_knows_is_a_gap_in_the_line(leads):
    ask(1, "0.25")
    ask(0, None)

    ((_label, costs),) = load_report(leads).plots[1].series
    assert costs[-3:] == [0.0, 0.25, None]


def test_the_newest_day_stands_first(leads):
    ask(0, "0.25")

    (over_time, _by_model) = load_report(leads).tables
    assert [cell.value for cell in over_time.shown_rows[0].cells] == [1, 100, 7, pytest.approx(0.25)]
