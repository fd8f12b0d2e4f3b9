from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from supportbot.app_modules import find_app_modules
from supportbot.assistant.dashboard_numbers import (
    ConfirmationSource,
    DashboardNumber,
    collect_confirmation_sources,
    collect_dashboard_numbers,
)


class DashboardConfig(AppConfig):
    name = "supportbot.dashboard"
    label = "dashboard"
    verbose_name = _("Numbers")

    numbers: dict[str, DashboardNumber]
    confirmation_sources: list[ConfirmationSource]

    def ready(self) -> None:
        modules = find_app_modules("dashboard_numbers")
        self.numbers = collect_dashboard_numbers(modules)
        self.confirmation_sources = collect_confirmation_sources(modules)
