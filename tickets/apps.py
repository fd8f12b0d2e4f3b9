from typing import Any

from django.apps import AppConfig, apps
from django.utils.translation import gettext_lazy as _


class TicketsConfig(AppConfig):
    name = "tickets"
    verbose_name = _("Tickets")
    agent_rights = ("tickets.view_ticket", "tickets.add_ticket", "tickets.change_ticket")

    def ready(self) -> None:
        audit: Any = apps.get_app_config("audit")
        audit.add_action_words(
            {
                "ticket_opened": _("Opened a ticket"),
                "ticket_changed": _("Changed a ticket"),
                "ticket_replied": _("Replied on a ticket"),
                "ticket_joined": _("Merged two tickets"),
                "ticket_deleted": _("Deleted a ticket"),
            }
        )
