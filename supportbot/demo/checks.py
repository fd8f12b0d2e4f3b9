"""A system check of a deployment: accounts whose passwords everybody knows."""

from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.auth.hashers import check_password
from django.core.checks import CheckMessage, Error, Tags, register
from django.db import Error as DatabaseError

from supportbot.server.direct_connection import open_direct_connection

from .accounts import DEMO_ACCOUNTS


@register(Tags.security, deploy=True)
def check_demo_accounts(app_configs: Any, **_kwargs: Any) -> list[CheckMessage]:
    """`check --deploy` finds demo accounts that still have their demo passwords."""
    if settings.ENVIRONMENT.debug:
        return []
    names = [name for name, password in _load_passwords() if check_password(name, password)]
    if not names:
        return []
    hint = (
        "They cannot sign in with DEBUG=0, but should not be there: begin with a database of its own, delete them in "
        "admin, or give each a password with manage.py changepassword."
    )
    problem = f"The database has demo accounts with their demo passwords: {', '.join(names)}."
    return [Error(problem, hint=hint, id="supportbot.E010")]


def _load_passwords() -> Iterator[tuple[str, str]]:
    """The name and the stored password of each demo account; none if there is no database to look into yet."""
    users = get_user_model().objects.filter(username__in=DEMO_ACCOUNTS).order_by("username")
    sql, parameters = users.values_list("username", "password").query.sql_with_params()
    try:
        with open_direct_connection() as connection, connection.cursor() as cursor:
            cursor.execute(sql, parameters)
            yield from cursor.fetchall()
    except DatabaseError:
        return
