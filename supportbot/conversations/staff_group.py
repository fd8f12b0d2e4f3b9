"""The groups of staff and their rights: agents answer customers, leads also see to the team."""

from collections.abc import Mapping

from django.apps import apps
from django.contrib.auth.management import create_permissions
from django.contrib.auth.models import Group, Permission

Rights = Mapping[str, tuple[str, ...]]

AGENTS = "Support staff"
LEADS = "Support leads"
AGENT_RIGHTS: Rights = {
    "tickets": ("view_ticket", "add_ticket", "change_ticket"),
    "orders": ("view_order", "view_orderitem"),
    # To change a conversation is to answer its customer; what was said cannot be changed by anybody.
    "conversations": (
        *("view_conversation", "change_conversation"),
        *("view_turn", "view_message", "view_toolcall"),
    ),
    "desk": ("view_savedreply", "add_savedreply", "change_savedreply", "delete_savedreply"),
    "usage": ("view_modelrequest", "view_outage"),
}
# Beyond those of agents.
LEAD_RIGHTS: Rights = {
    "conversations": ("assign_conversation",),
    "prompts": ("view_prompt", "add_prompt", "change_prompt", "delete_prompt", "publish_prompt"),
    "audit": ("view_auditevent",),
    "dashboard": ("view_dashboard",),
    # Who guessed a password too often is let in again by deleting the attempts.
    "axes": ("view_accessattempt", "delete_accessattempt"),
}


def ensure_staff_groups() -> tuple[Group, Group]:
    """The groups of agents and of leads, with their rights to the apps that are installed.

    Rights that a shop gave them beyond these stay.
    """
    agents, _ = Group.objects.get_or_create(name=AGENTS)
    leads, _ = Group.objects.get_or_create(name=LEADS)
    _grant(agents, AGENT_RIGHTS)
    _grant(leads, AGENT_RIGHTS)
    _grant(leads, LEAD_RIGHTS)
    return agents, leads


def _grant(group: Group, rights: Rights) -> None:
    for label, codenames in rights.items():
        if label in apps.app_configs:
            # After the first migration, the rights of apps further down the list are not there yet.
            create_permissions(apps.get_app_config(label), verbosity=0)
            granted = Permission.objects.filter(content_type__app_label=label, codename__in=codenames)
            group.permissions.add(*granted)
