from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AuditConfig(AppConfig):
    name = "supportbot.audit"
    label = "audit"
    verbose_name = _("Audit log")

    def ready(self) -> None:
        from . import login_events  # noqa: F401 - it registers a signal receiver
