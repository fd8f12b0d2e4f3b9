"""Who of the staff may answer customers: by a group or by a right of their own, as long as the account is active."""

from collections.abc import Collection
from functools import cache

from django.contrib.auth.models import User
from django.db.models import QuerySet

from supportbot.compiled_queries import CompiledRows

ANSWER_CUSTOMERS = "conversations.change_conversation"
ASSIGN_CONVERSATIONS = "conversations.assign_conversation"  # also those of others
# Where rights are stored, whatever other backends check a log-in.
MODEL_BACKEND = "django.contrib.auth.backends.ModelBackend"


def find_staff_with_right(permission: str) -> QuerySet[User]:
    rightful: QuerySet[User] = User.objects.with_perm(permission, backend=MODEL_BACKEND)
    return rightful.filter(is_staff=True)


def find_answerers() -> QuerySet[User]:
    return find_staff_with_right(ANSWER_CUSTOMERS)


def may_answer(staff_id: int | None) -> bool:
    return staff_id is not None and bool(list_answerers([staff_id]))


def list_answerers(user_ids: Collection[int]) -> set[int]:
    """Those of these accounts that may answer. Of none the database is not asked."""
    return list_permitted_staff(ANSWER_CUSTOMERS, user_ids) if user_ids else set()


def list_permitted_staff(permission: str, user_ids: Collection[int]) -> set[int]:
    """Those of these accounts that are active staff with the right."""
    return {pk for (pk,) in _build_permitted_staff(permission).fetch_rows(user_ids)}


@cache
def _build_permitted_staff(permission: str) -> CompiledRows:
    # Asked with each message to a person, and each second for the pages of staff.
    return CompiledRows(
        User, ["id__in"], lambda ids: find_staff_with_right(permission).filter(pk__in=ids).values_list("pk")
    )
