"""The modules by which apps contribute something, such as each app's `questions`. They are found by their names."""

from importlib import import_module
from types import ModuleType

from django.apps import apps
from django.utils.module_loading import module_has_submodule


def find_app_modules(name: str) -> list[ModuleType]:
    """The modules of that name in all installed apps, in the order of the apps."""
    return [
        import_module(f"{app.name}.{name}")
        for app in apps.get_app_configs()
        if app.module is not None and module_has_submodule(app.module, name)
    ]
