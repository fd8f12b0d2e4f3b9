"""System checks of what other apps have the desk show."""

from typing import Any

from django.apps import apps
from django.core.checks import CheckMessage, Error, register

from supportbot.conversations.staff_group import list_rights


@register
def check_customer_records(app_configs: Any, **_kwargs: Any) -> list[CheckMessage]:
    """Records that need a right that does not exist would be shown to administrators alone, and nobody would notice."""
    desk: Any = apps.get_app_config("desk")
    known = set(list_rights())
    hint = "Write it as the app's label and Django's name of the right, such as orders.view_order."
    return [
        Error(
            f"@customer_record {each.function.__module__}.{each.function.__qualname__} names {each.right!r}, "
            "which is no right.",
            hint=hint,
            id="supportbot.E014",
        )
        for each in desk.customer_records
        if each.right not in known
    ]
