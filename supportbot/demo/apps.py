from django.apps import AppConfig


class DemoConfig(AppConfig):
    name = "supportbot.demo"
    label = "demo"
    verbose_name = "Demo"

    def ready(self) -> None:
        from . import checks  # noqa: F401 - it registers a check
