"""The app of the conversations: finds tools, questions and handlers, and is what other apps call."""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any

from django.apps import AppConfig
from django.apps import apps as installed_apps
from django.db.models.signals import post_migrate
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from supportbot.app_modules import find_app_modules
from supportbot.assistant.app_functions import collect_app_functions
from supportbot.assistant.conversation_events import ConversationEventHandler
from supportbot.assistant.person_requests import PersonRequestHandler
from supportbot.assistant.questions import Question, collect_questions
from supportbot.assistant.retention_rules import RetentionRule
from supportbot.assistant.tools import UNKNOWN_TOOL_PROGRESS, Registry


class ConversationsConfig(AppConfig):
    name = "supportbot.conversations"
    label = "conversations"
    verbose_name = _("Conversations")
    # To change a conversation is to answer its customer; what was said cannot be changed by anybody.
    agent_rights = (
        *("conversations.view_conversation", "conversations.change_conversation"),
        *("conversations.view_turn", "conversations.view_message", "conversations.view_toolcall"),
    )
    lead_rights = ("conversations.assign_conversation", "conversations.export_customer")

    tools: Registry
    questions: dict[str, Question[Any]]
    person_request_handlers: list[PersonRequestHandler]
    event_handlers: list[ConversationEventHandler]
    retention_rules: list[RetentionRule]

    def ready(self) -> None:
        from supportbot.server.private_files import make_all_private

        from . import checks, jobs, module_checks, staff_group  # noqa: F401 - they register checks and receivers
        from .attachments import cleanup  # noqa: F401
        from .web import login_signals  # noqa: F401

        make_all_private()
        self.tools = Registry.from_modules(find_app_modules("tools"), _(UNKNOWN_TOOL_PROGRESS))
        self.questions = collect_questions(find_app_modules("questions"))
        self.person_request_handlers = collect_app_functions(
            PersonRequestHandler, find_app_modules("person_requests")
        )
        self.event_handlers = collect_app_functions(
            ConversationEventHandler, find_app_modules("conversation_events")
        )
        self.retention_rules = collect_app_functions(RetentionRule, find_app_modules("retention_rules"))
        post_migrate.connect(_ensure_staff_groups, sender=self)

    def ask(self, question: Question[Any], key: str, conversation: int) -> bool:
        """Have the model asked about a conversation in the background. For apps outside of a tool call.

        False where the settings do not want that.
        """
        from .turns.background_questions import enqueue_question

        return enqueue_question(conversation, question, key)

    def ask_many(self, question: Question[Any], conversations_by_key: Mapping[str, int]) -> bool:
        """The same about many conversations, each with the key that its answer is stored by."""
        from .turns.background_questions import enqueue_questions

        return enqueue_questions(question, conversations_by_key)

    def check_message(self, text: str) -> str:
        """Why this can be no message, in words; empty if it can."""
        from .limits.rate_limits import RequestRefused, check_text

        try:
            check_text(text)
        except RequestRefused as refusal:
            return str(refusal)
        return ""

    def post_staff_reply(
        self,
        conversation: int,
        staff: Any,
        text: str,
        *,
        client_id: str = "",
        reference: str = "",
        closes: bool = False,
    ) -> str:
        """Have a member of staff write to the customer: shown in the chat, and mailed to who has left.

        They take the conversation over if nobody has it, and with `closes` close it after that. `reference` is what the
        reply is about, for handlers of `StaffReplied`. Returns why it was not done, in words for staff; empty if it
        was. Call it outside of transactions, in a view.
        """
        from .web import staff_actions

        return staff_actions.post_staff_reply(
            conversation, staff, text, client_id=client_id, reference=reference, closes=closes
        )

    def post_notice(self, conversation: int, describe: Callable[[], str]) -> None:
        """Have the server tell the customer something, as a part of the caller's transaction. For views.

        `describe` returns the sentence; it is called in the customer's language.
        """
        from .web import staff_actions

        staff_actions.post_notice(conversation, describe)

    def find_own_conversations(self, request: HttpRequest) -> Any:
        """A queryset of one column, the keys of the conversations of this account, or of this browser's guest."""
        from .web import app_pages

        return app_pages.find_own_conversations(request)

    def post_customer_message(
        self, request: HttpRequest, conversation: int, text: str, *, client_id: str = "", reference: str = ""
    ) -> str:
        """Have the customer who makes this request write to the team: a person gets it, not the assistant.

        `reference` is what it is about, for handlers of `CustomerWrote`; the same `client_id` is stored once. Returns
        why it was not done, in words for the customer; empty if it was. Raises Http404 unless the conversation is
        theirs. Call it outside of transactions, in a view.
        """
        from .web import app_pages

        return app_pages.post_customer_message(request, conversation, text, client_id, reference)

    def announce_ends(self, ends: Iterable[tuple[int, str]], staff: Any = None) -> None:
        """Matters have ended, such as tickets: (conversation, reference) of each. `staff` is who had them.

        Their customers are told in the conversation, and asked how it was, right after the caller's transaction.
        """
        from .jobs import enqueue_ends

        enqueue_ends(ends, staff)

    def announce_own_end(self, conversation: int, reference: str, *, end_key: str, staff: Any = None) -> None:
        """The same where the customer said so, at once, as a part of the caller's transaction. For views.

        It locks the conversation, so call it before rows that are locked after that. One `end_key` is told once.
        """
        from .web import app_pages

        app_pages.announce_own_end(conversation, reference, end_key, staff.pk if staff else None)

    def find_last_word(self, conversation: int, before_message: int | None = None) -> str:
        """Of whom the last word is that was not the customer's: “team”, “end” of a matter, or “assistant”."""
        from .turns import find_last_word

        return find_last_word(conversation, before_message)

    def find_rating(self, conversation: int, reference: str) -> Any:
        """What the customer is asked of how it ended, for `chat/_rating_fields.html`; None where nothing is asked."""
        from .web import app_pages

        return app_pages.find_rating(conversation, reference)

    def post_rating(self, request: HttpRequest, conversation: int) -> str:
        """Take a form with `chat/_rating_fields.html`. Returns and raises as `post_customer_message` does."""
        from .web import app_pages

        return app_pages.post_rating(request, conversation)

    def open_conversation(self, user: Any, contact_name: str = "", contact_email: str = "") -> int:
        """Begin a conversation with an account, or with a guest who is reached by mail. Returns its primary key."""
        from .web import staff_actions

        return staff_actions.open_conversation(user, contact_name, contact_email)

    def add_open_hours(self, moment: datetime, hours: float) -> datetime:
        """When the team will have been there for so many opening hours since `moment`, in the shop's time zone."""
        from supportbot.opening_hours import add_open_hours

        return add_open_hours(moment, hours)

    def find_guest_network(self, conversation: int) -> str:
        """The `address_key` of the conversations of the network from which a guest wrote last.

        For limits of other apps. Empty for a conversation of an account, or of which the network is not known.
        """
        from .models import Conversation

        of_guest = Conversation.objects.filter(pk=conversation, user=None)
        return of_guest.values_list("address_key", flat=True).first() or ""


def _ensure_staff_groups(apps: Any = installed_apps, **_kwargs: Any) -> None:
    """`apps` are those of the migrations that were just run, which may have been run backwards."""
    from .staff_group import ensure_staff_groups

    if "grantedright" in apps.all_models["conversations"]:
        ensure_staff_groups()
