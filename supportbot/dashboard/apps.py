"""The app of the numbers, which finds those of all apps."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from supportbot.app_modules import find_app_modules
from supportbot.assistant.app_functions import collect_app_functions
from supportbot.assistant.dashboard_numbers import ConfirmationSource, DashboardNumber


class DashboardConfig(AppConfig):
    name = "supportbot.dashboard"
    label = "dashboard"
    verbose_name = _("Numbers")
    lead_rights = ("dashboard.view_dashboard",)

    numbers: dict[str, DashboardNumber]
    confirmation_sources: list[ConfirmationSource]

    def ready(self) -> None:
        from . import checks  # noqa: F401 - it registers a check

        modules = find_app_modules("dashboard_numbers")
        self.numbers = {each.key: each for each in collect_app_functions(DashboardNumber, modules)}
        self.confirmation_sources = collect_app_functions(ConfirmationSource, modules)
