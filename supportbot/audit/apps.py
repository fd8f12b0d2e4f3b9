"""The app of the audit log, and what other apps call of it."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.apps import AppConfig, apps
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class AuditConfig(AppConfig):
    name = "supportbot.audit"
    label = "audit"
    verbose_name = _("Audit log")
    lead_rights = ("audit.view_auditevent",)

    def __init__(self, app_name: str, app_module: Any) -> None:
        super().__init__(app_name, app_module)
        self.action_words: dict[str, str | Promise] = {}

    def ready(self) -> None:
        from . import login_events  # noqa: F401 - it registers a signal receiver

        # Staff know nothing of the package that locks a sign-in after wrong passwords.
        apps.get_app_config("axes").verbose_name = _("Sign-ins")

    def add_action_words(self, words: Mapping[str, str | Promise]) -> None:
        """How staff read of the actions of another app, such as “Opened a ticket” for `ticket_opened`."""
        self.action_words.update(words)

    def record_events(
        self, action: str, events: Iterable[dict[str, Any]], *, staff: Any = None, actor: str = "system"
    ) -> None:
        """Note that something was done to each of several things. For other apps, in the transaction of what was done.

        Each event has a `subject`, perhaps a `conversation_id`, and `details` of names and states, never a customer's
        words. `actor` is “customer”, “assistant” or “system” where it was not one of the `staff`.
        """
        from .recording import record_events

        record_events(action, events, staff=staff, actor=actor)

    def list_events(self, subject: str, after: int = 0) -> Sequence[Any]:
        """What was done to a thing, oldest first: `created`, `actor`, `actor_name`, `action` and `details` of each.

        `after` is the key of an event: only what came later.
        """
        from .recording import list_events

        return list_events(subject, after)
