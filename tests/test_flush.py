"""The end of a test that commits leaves the database as a migration makes it, whatever the test has done."""

from collections.abc import Callable

import pytest
from django.contrib.auth.models import Group, Permission, User
from django.contrib.contenttypes.models import ContentType
from django.test import TransactionTestCase

pytestmark = pytest.mark.django_db(transaction=True)


def write_rows() -> None:
    User.objects.create_user("alice").groups.add(Group.objects.earliest("pk"))


def delete_group() -> None:
    Group.objects.earliest("pk").delete()


def take_rights() -> None:
    Group.objects.earliest("pk").permissions.clear()


def add_rows_of_its_own() -> None:
    Permission.objects.create(codename="x", content_type=ContentType.objects.create(app_label="x", model="x"))
    Group.objects.create(name="x")


def find_rights() -> dict[str, set[tuple[str, str]]]:
    names = ("content_type__app_label", "codename")
    found = {group.name: set(group.permissions.values_list(*names)) for group in Group.objects.all()}
    return {**found, "": set(Permission.objects.values_list(*names))}


def end_test() -> None:
    TransactionTestCase(methodName="__init__")._fixture_teardown()  # type: ignore[attr-defined]


@pytest.mark.parametrize("change", [write_rows, delete_group, take_rights, add_rows_of_its_own])
def test_what_a_test_wrote_is_gone_and_what_a_migration_makes_is_there(change: Callable[[], None]) -> None:
    rights = find_rights()
    assert len(rights) == 3

    change()
    end_test()

    assert not User.objects.exists()
    assert find_rights() == rights


def test_rights_keep_their_numbers_where_nobody_touched_them() -> None:
    """To make them anew takes longer than most of the tests."""
    numbers = set(Permission.objects.values_list("pk"))
    write_rows()

    end_test()

    assert set(Permission.objects.values_list("pk")) == numbers
