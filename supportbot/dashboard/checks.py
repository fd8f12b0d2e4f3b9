"""System checks of the numbers that apps have the dashboard show."""

from collections.abc import Collection, Iterator
from typing import Any

from django.apps import apps
from django.core.checks import CheckMessage, Error, Warning, register  # noqa: A004

from supportbot.assistant.dashboard_numbers import DashboardNumber

from .building import list_numbers
from .periods import choose_period


@register
def check_numbers(app_configs: Any, **_kwargs: Any) -> list[CheckMessage]:
    """A mistake would be seen when a lead opens the dashboard, and one in `opens` when they open the rows."""
    models = {model._meta.label_lower for model in apps.get_models()}
    return [problem for describe in list_numbers().values() for problem in _find_problems(describe, models)]


def _find_problems(describe: DashboardNumber, models: Collection[str]) -> Iterator[CheckMessage]:
    function = describe.function
    owner = f"@dashboard_number {function.__module__}.{function.__qualname__}"
    try:
        model = describe(choose_period({}).period).opens.model
    except Exception as error:  # noqa: BLE001 - whatever a stranger's function raises is told
        what = f"{type(error).__name__}: {error}".rstrip(".")
        hint = "It describes rows and reads none of them, so it can be called before there are tables."
        yield Warning(f"{owner} fails: {what}.", hint=hint, id="supportbot.W023")
        return
    if model not in models:
        hint = "Write it as the app's label and the model's name, in small letters, such as orders.order."
        yield Error(f"{owner} opens {model!r}, which is no model.", hint=hint, id="supportbot.E015")
