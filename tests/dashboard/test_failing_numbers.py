"""A number of an app that cannot be counted costs its own place on the dashboard, and no other."""

from collections.abc import Callable
from itertools import product
from typing import Any

import pytest
from django.apps import apps
from django.contrib.auth.models import User
from django.test import Client

from supportbot.assistant.dashboard_numbers import Count, Opens, Period, dashboard_number
from supportbot.dashboard.checks import check_numbers
from tests.conversations.markup import parse

AddNumber = Callable[[Callable[[Period], Any]], None]


@pytest.fixture
def add_number(monkeypatch: pytest.MonkeyPatch) -> AddNumber:
    """Have the app of the orders show a number, before those that there are."""
    dashboard: Any = apps.get_app_config("dashboard")

    def add(function: Callable[[Period], Any]) -> None:
        function.__module__ = "orders.dashboard_numbers"
        made = dashboard_number(function)
        monkeypatch.setattr(dashboard, "numbers", {made.key: made, **dashboard.numbers})

    return add


def count_users(opens: str = "auth.user", **values: Any) -> Count:
    values = {"rows": User.objects.all(), "at": "date_joined"} | values
    return Count(section="People", label="People", meaning="Accounts.", opens=Opens(opens), **values)


def raise_error(period: Period) -> Count:
    raise ValueError("no such thing")


def return_nothing(period: Period) -> None:
    return None


def name_missing_field(period: Period) -> Count:
    return count_users(at="joined")


def query_missing_column(period: Period) -> Count:
    return count_users(rows=User.objects.extra(where=["no_such_column = 1"]))


def open_missing_model(period: Period) -> Count:
    return count_users(opens="auth.usr")


FAILING = [raise_error, return_nothing, name_missing_field, query_missing_column, open_missing_model]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("function", FAILING)
def test_a_number_that_fails_leaves_all_others_on_the_dashboard(
    leads: Client, add_number: AddNumber, caplog: pytest.LogCaptureFixture, function: Any
) -> None:
    others = [each["id"] for each in parse(leads.get("/admin/numbers/").content.decode()).classed("report")]
    add_number(function)

    response = leads.get("/admin/numbers/")

    page = parse(response.content.decode())
    key = f"orders.{function.__name__}"
    assert response.status_code == 200
    assert [each["id"] for each in page.classed("report")] == [key, *others]
    assert "This number could not be counted; the server’s log says why." in page.one(id=key).text
    (logged,) = [each for each in caplog.records if each.levelname == "ERROR"]
    assert logged.getMessage() == f"@dashboard_number {key} failed"
    assert logged.exc_info


def read_missing_column(period: Period) -> Count:
    return count_users(columns=(("Shoe size", lambda user: user.shoe_size),))


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("page", "function"),
    [
        *product(["list/", "list.csv", "table.csv"], FAILING),
        *product(["list/", "list.csv"], [read_missing_column]),
    ],
)
def test_the_pages_of_a_number_that_fails_say_so_too(
    admin_client: Client, add_number: AddNumber, caplog: pytest.LogCaptureFixture, page: str, function: Any
) -> None:
    add_number(function)
    key = f"orders.{function.__name__}"
    asked = {"number": key, "since": "2020-01-01T00:00:00Z", "until": "2100-01-01T00:00:00Z"}

    response = admin_client.get(f"/admin/numbers/{page}", asked)

    assert response.status_code == 503
    shown = parse(response.content.decode())
    assert "This number could not be counted; the server’s log says why." in shown.one(id=key).text
    (logged,) = [each for each in caplog.records if each.name == "supportbot.server.app_failures"]
    assert logged.getMessage() == f"@dashboard_number {key} failed"
    assert logged.exc_info


@pytest.mark.parametrize("opens", ["auth.usr", "auth.User", "user", User, None])
def test_a_number_that_opens_no_model_is_told_before_anybody_is_served(
    add_number: AddNumber, opens: Any
) -> None:
    def count_people(period: Period) -> Count:
        return count_users(opens=opens)

    add_number(count_people)

    (error,) = check_numbers(None)
    assert error.id == "supportbot.E015"
    assert f"count_people opens {opens!r}, which is no model" in error.msg


def test_a_number_that_cannot_be_described_is_told_before_anybody_is_served(add_number: AddNumber) -> None:
    add_number(raise_error)

    (warning,) = check_numbers(None)
    assert warning.id == "supportbot.W023"
    assert "orders.dashboard_numbers.raise_error fails: ValueError: no such thing." in warning.msg


def test_the_numbers_of_the_product_are_described_without_a_database() -> None:
    assert check_numbers(None) == []
