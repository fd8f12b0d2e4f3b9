"""Who of the staff may answer customers: by a group or by a right of their own, as long as the account is active."""

from django.contrib.auth.models import User
from django.db.models import QuerySet

ANSWER_CUSTOMERS = "conversations.change_conversation"
# Where rights are stored, whatever other backends check a log-in.
MODEL_BACKEND = "django.contrib.auth.backends.ModelBackend"


def find_staff_with_right(permission: str) -> QuerySet[User]:
    rightful: QuerySet[User] = User.objects.with_perm(permission, backend=MODEL_BACKEND)
    return rightful.filter(is_staff=True)


def find_answerers() -> QuerySet[User]:
    return find_staff_with_right(ANSWER_CUSTOMERS)


def may_answer(staff_id: int | None) -> bool:
    return staff_id is not None and find_answerers().filter(pk=staff_id).exists()
