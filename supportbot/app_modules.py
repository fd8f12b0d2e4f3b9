"""The apps, and the modules by which they contribute something, such as `questions`, which are found by their names."""

from importlib import import_module
from types import ModuleType

from django.apps import AppConfig, apps
from django.conf import settings
from django.utils.module_loading import module_has_submodule


def find_teaching_apps() -> list[AppConfig]:
    """The apps of EXTRA_APPS, and those of the product that are built like them."""
    return [
        app
        for app in apps.get_app_configs()
        if app.name not in settings.LIBRARY_APPS and not app.name.startswith("supportbot.")
    ]


def get_app_title(module: str) -> str:
    """What staff read of the app that a module belongs to."""
    app = apps.get_containing_app_config(module)
    return str(app.verbose_name) if app else module


def find_app_modules(name: str) -> list[ModuleType]:
    """The modules of that name in all installed apps, in the order of the apps."""
    return [
        import_module(f"{app.name}.{name}")
        for app in apps.get_app_configs()
        if app.module is not None and module_has_submodule(app.module, name)
    ]
