"""Who sees the numbers of the team: leads and administrators. The rows behind them need the right to view those too."""

from typing import Any

from django.apps import apps

from supportbot.desk.rights import require_rights

require_dashboard = require_rights("dashboard.view_dashboard")


def can_open_rows(user: Any, model_label: str) -> bool:
    """Whether somebody may view what the rows of a number open, such as `tickets.ticket`."""
    model = apps.get_model(model_label)
    return user.has_perm(f"{model._meta.app_label}.view_{model._meta.model_name}")
