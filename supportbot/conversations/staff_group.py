"""The groups of staff: agents answer customers, leads also see to the team.

    class WarrantyConfig(AppConfig):
        name = "warranty"
        agent_rights = ("warranty.view_warranty", "warranty.change_warranty")
        lead_rights = ("warranty.delete_warranty",)  # beyond those of agents

So each app says which rights they need of it.
"""

from collections.abc import Iterable, Iterator
from typing import Any

from django.apps import AppConfig, apps
from django.contrib.auth import get_permission_codename
from django.contrib.auth.management import create_permissions
from django.contrib.auth.models import Group, Permission
from django.core.checks import CheckMessage, Error, register

from .models import GrantedRight

AGENTS = "Support staff"
LEADS = "Support leads"
ATTRIBUTES = ("agent_rights", "lead_rights")


def ensure_staff_groups() -> tuple[Group, Group]:
    """The groups of agents and of leads, with the rights that the installed apps say.

    What an administrator changed stays: rights that they gave beyond these, and those that they took away.
    """
    agents, _ = Group.objects.get_or_create(name=AGENTS)
    leads, _ = Group.objects.get_or_create(name=LEADS)
    of_agents, of_leads = (set(_list_declared_rights(name)) for name in ATTRIBUTES)
    for label in {right.partition(".")[0] for right in of_agents | of_leads}:
        # After the first migration, the rights of apps further down the list are not there yet.
        create_permissions(apps.get_app_config(label), verbosity=0)
    _grant_new(agents, of_agents)
    _grant_new(leads, of_agents | of_leads)
    return agents, leads


def _list_declared_rights(attribute: str) -> Iterator[str]:
    for app in apps.get_app_configs():
        yield from getattr(app, attribute, ())


def _grant_new(group: Group, rights: set[str]) -> None:
    """Give the group those of the rights that it was never given."""
    codenames = {right.partition(".")[2] for right in rights}
    known = set(GrantedRight.objects.filter(group=group).values_list("permission", flat=True))
    found = Permission.objects.filter(codename__in=codenames).select_related("content_type")
    new = [
        each
        for each in found
        if each.pk not in known and f"{each.content_type.app_label}.{each.codename}" in rights
    ]
    group.permissions.add(*new)
    GrantedRight.objects.bulk_create(GrantedRight(group=group, permission=each) for each in new)


@register
def check_declared_rights(app_configs: Any, **_kwargs: Any) -> list[CheckMessage]:
    """A right that is misspelt would be given to nobody, and nobody would notice."""
    known = set(list_rights())
    return [
        error
        for app in apps.get_app_configs()
        for name in ATTRIBUTES
        for error in _find_problems(app, name, getattr(app, name, ()), known)
    ]


def list_rights() -> Iterator[str]:
    """All that there are to the models of the installed apps."""
    for app in apps.get_app_configs():
        yield from _list_rights(app)


def _list_rights(app: AppConfig) -> Iterator[str]:
    """Those to the models of one app, as Django names them."""
    for model in app.get_models():
        options = model._meta
        codenames = [get_permission_codename(each, options) for each in options.default_permissions]
        codenames += [codename for codename, _name in options.permissions]
        yield from (f"{app.label}.{codename}" for codename in codenames)


def _find_problems(app: AppConfig, name: str, rights: Any, known: Iterable[str]) -> Iterator[CheckMessage]:
    owner = f"{type(app).__module__}.{type(app).__qualname__}.{name}"
    if not isinstance(rights, list | tuple):
        hint = f"Write it as ({rights!r},), with its comma." if isinstance(rights, str) else None
        yield Error(f"{owner} must be a tuple of rights, not {rights!r}.", hint=hint, id="supportbot.E013")
        return
    for right in rights:
        if right not in known:
            there = ", ".join(_list_rights(app)) or "none"
            yield Error(
                f"{owner} names {right!r}, which is no right.",
                hint=f"Rights to the models of {app.name}: {there}.",
                id="supportbot.E013",
            )
