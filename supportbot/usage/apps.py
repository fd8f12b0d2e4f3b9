from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class UsageConfig(AppConfig):
    name = "supportbot.usage"
    label = "usage"
    verbose_name = _("Usage")
    agent_rights = ("usage.view_modelrequest", "usage.view_outage")
