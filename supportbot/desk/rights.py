"""Which right each part of the desk asks for. Rights are given by groups, and checked on the server at each step."""

from functools import wraps
from typing import Any

from django.core.exceptions import PermissionDenied

from supportbot.conversations.answerers import ANSWER_CUSTOMERS, ASSIGN_CONVERSATIONS

READ_CONVERSATIONS = "conversations.view_conversation"
EXPORT_CUSTOMERS = "conversations.export_customer"


def can_read(user: Any) -> bool:
    return user.is_active and user.is_staff and user.has_perm(READ_CONVERSATIONS)


def can_answer(user: Any) -> bool:
    return can_read(user) and user.has_perm(ANSWER_CUSTOMERS)


def can_assign(user: Any) -> bool:
    return can_answer(user) and user.has_perm(ASSIGN_CONVERSATIONS)


def can_export(user: Any) -> bool:
    return can_read(user) and user.has_perm(EXPORT_CUSTOMERS)


def require_reader(view):
    """The view is for staff who may read conversations. Wrap it in `admin_view`, which asks others to sign in."""
    return _require(can_read, view)


def require_answerer(view):
    """The view is for staff who may answer customers. Wrap it in `admin_view` too."""
    return _require(can_answer, view)


def require_exporter(view):
    """The view is for staff who may export customers' data. Wrap it in `admin_view` too."""
    return _require(can_export, view)


def _require(may_call, view):
    @wraps(view)
    def check_and_call(request, **kwargs):
        if not may_call(request.user):
            raise PermissionDenied
        return view(request, **kwargs)

    return check_and_call
