"""The group «Support staff», with the rights that answering customers needs, and no more."""

from django.apps import apps
from django.contrib.auth.management import create_permissions
from django.contrib.auth.models import Group, Permission

GROUP_NAME = "Support staff"
PERMISSIONS = {
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


def ensure_support_staff() -> Group:
    """The group, with its rights to the apps that are installed. Others that a shop gave it stay."""
    group, _ = Group.objects.get_or_create(name=GROUP_NAME)
    for label, codenames in PERMISSIONS.items():
        if label in apps.app_configs:
            # After the first migration, the rights of apps further down the list are not there yet.
            create_permissions(apps.get_app_config(label), verbosity=0)
            rights = Permission.objects.filter(content_type__app_label=label, codename__in=codenames)
            group.permissions.add(*rights)
    return group
