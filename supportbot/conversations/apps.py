from importlib import import_module

from django.apps import AppConfig, apps
from django.db.models.signals import post_migrate
from django.utils.module_loading import module_has_submodule

from supportbot.assistant.tools import Registry


class ConversationsConfig(AppConfig):
    name = "supportbot.conversations"
    label = "conversations"
    verbose_name = "Conversations"

    tools: Registry

    def ready(self) -> None:
        from . import checks, guests  # noqa: F401 - registers checks and signal receivers

        self.tools = Registry.of_modules(
            import_module(f"{app.name}.tools")
            for app in apps.get_app_configs()
            if app.module is not None and module_has_submodule(app.module, "tools")
        )
        post_migrate.connect(_ensure_support_staff, sender=self)


def _ensure_support_staff(**_kwargs) -> None:
    from .staff import ensure_support_staff

    ensure_support_staff()
