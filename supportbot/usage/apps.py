from django.apps import AppConfig


class UsageConfig(AppConfig):
    name = "supportbot.usage"
    label = "usage"
    verbose_name = "Usage"
