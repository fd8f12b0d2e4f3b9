"""Who sees the numbers of the team: leads and administrators. The rows behind them need the right to view those too."""

from functools import wraps
from typing import Any

from django.apps import apps
from django.core.exceptions import PermissionDenied

VIEW_DASHBOARD = "dashboard.view_dashboard"


def can_view_dashboard(user: Any) -> bool:
    return user.is_active and user.is_staff and user.has_perm(VIEW_DASHBOARD)


def can_open_rows(user: Any, model_label: str) -> bool:
    """Whether somebody may view what the rows of a number open, such as `tickets.ticket`."""
    model = apps.get_model(model_label)
    return user.has_perm(f"{model._meta.app_label}.view_{model._meta.model_name}")


def require_dashboard(view):
    """The view is for who may see the numbers. Wrap it in `admin_view`, which asks others to sign in."""

    @wraps(view)
    def check_and_call(request, **kwargs):
        if not can_view_dashboard(request.user):
            raise PermissionDenied
        return view(request, **kwargs)

    return check_and_call
