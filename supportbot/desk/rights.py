"""Which right each part of the desk asks for. Rights are given by groups, and checked on the server at each step."""

from collections.abc import Callable
from typing import Any

from django.contrib import admin
from django.contrib.auth.decorators import permission_required

from supportbot.conversations.answerers import ANSWER_CUSTOMERS, ASSIGN_CONVERSATIONS

READ_CONVERSATIONS = "conversations.view_conversation"
EXPORT_CUSTOMERS = "conversations.export_customer"

View = Callable[..., Any]


def can_read(user: Any) -> bool:
    return user.is_active and user.is_staff and user.has_perm(READ_CONVERSATIONS)


def can_answer(user: Any) -> bool:
    return can_read(user) and user.has_perm(ANSWER_CUSTOMERS)


def can_assign(user: Any) -> bool:
    return can_answer(user) and user.has_perm(ASSIGN_CONVERSATIONS)


def can_export(user: Any) -> bool:
    return can_read(user) and user.has_perm(EXPORT_CUSTOMERS)


def require_rights(*rights: str) -> Callable[[View], View]:
    """The view is for staff who have these rights: others are asked to sign in, or refused. No browser keeps it."""
    check_rights = permission_required(rights, raise_exception=True)
    return lambda view: admin.site.admin_view(check_rights(view))


require_reader = require_rights(READ_CONVERSATIONS)
require_answerer = require_rights(READ_CONVERSATIONS, ANSWER_CUSTOMERS)
require_exporter = require_rights(READ_CONVERSATIONS, EXPORT_CUSTOMERS)
