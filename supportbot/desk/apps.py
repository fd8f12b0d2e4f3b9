from collections.abc import Sequence
from typing import Any

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from supportbot.app_modules import find_app_modules
from supportbot.assistant.app_functions import collect_app_functions
from supportbot.assistant.customer_exports import CustomerExport, collect_exports
from supportbot.assistant.customer_records import CustomerRecord


class DeskConfig(AppConfig):
    name = "supportbot.desk"
    label = "desk"
    verbose_name = _("Desk")
    agent_rights = (
        "desk.view_savedreply",
        "desk.add_savedreply",
        "desk.change_savedreply",
        "desk.delete_savedreply",
    )
    # Who guessed a password too often is let in again by deleting the attempts.
    lead_rights = ("axes.view_accessattempt", "axes.delete_accessattempt")

    customer_records: list[CustomerRecord]
    customer_exports: list[CustomerExport]

    def ready(self) -> None:
        from . import checks  # noqa: F401 - it registers checks
        from .admin_site import log  # noqa: F401 - it registers a signal receiver
        from .admin_site.lists import install_admin_lists
        from .admin_site.times import install_local_times
        from .admin_site.values import install_possible_values

        install_admin_lists()
        install_local_times()
        install_possible_values()
        records = collect_app_functions(CustomerRecord, find_app_modules("customer_records"))
        # What apps know of a customer stands before what we do.
        self.customer_records = sorted(
            records, key=lambda each: each.function.__module__.startswith(f"{self.name}.")
        )
        self.customer_exports = collect_exports(find_app_modules("customer_exports"))

    def add_note(self, conversation: int, staff: Any, text: str, client_id: str = "") -> str:
        """Keep an internal note on a conversation. For views of other apps; the same `client_id` is stored once.

        Returns why it was not kept, in words for staff; empty if it was.
        """
        from supportbot.conversations.limits.rate_limits import RequestRefused, check_text

        from .live.notes import add_note

        try:
            add_note.run_sync(conversation, staff, check_text(text), client_id)
        except RequestRefused as refusal:
            return str(refusal)
        return ""

    def list_colleagues(self, accounts: Any) -> list[tuple[int, str]]:
        """The key of each of these accounts, and its name with whether they are here; those who are stand first."""
        from .live.colleagues import describe_colleagues

        return [(each.pk, each.label) for each in describe_colleagues(accounts)]

    def find_accounts(self, search: str) -> Any:
        """A queryset of the keys of accounts of which every word of the search begins one of their names."""
        from .conversation_search import find_accounts

        return find_accounts(search)

    def list_guest_conversations(self, search: str) -> list[Any]:
        """Querysets of conversations of guests whose name or e-mail address begins with the search."""
        from .conversation_search import list_guest_conversations

        return list_guest_conversations(search)

    def find_conversations_by_words(self, search: str, among: Any) -> Sequence[int]:
        """The keys of conversations that hold all the words in one of the newest messages, the newest ones first.

        `among` is a queryset of one column, the keys of those that are looked at.
        """
        from .conversation_search import find_by_words_among

        return find_by_words_among(search, among)
