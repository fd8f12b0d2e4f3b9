"""The mails that came in, for staff: what was done with each, and what somebody must look at."""

from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.widgets import ForeignKeyRawIdWidget
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from supportbot.concurrent_edits import ConcurrentEditAdmin, ConcurrentEditForm
from supportbot.conversations.answerers import ANSWER_CUSTOMERS
from supportbot.conversations.limits.rate_limits import RequestRefused
from supportbot.conversations.models import Conversation

from .incoming.posting import MailNotPosted, dismiss_mails, post_kept_mail
from .models import IncomingMail

FIELDS = (
    *("outcome", "received", "sender", "sender_name", "subject", "text", "left_out", "size"),
    *("conversation", "handled", "handled_by"),
)


class NeedsStaffFilter(admin.SimpleListFilter):
    title = gettext_lazy("whether somebody must look")
    parameter_name = "open"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("1", gettext_lazy("Yes"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[IncomingMail]) -> QuerySet[IncomingMail]:
        return queryset.filter(IncomingMail.NEEDS_STAFF) if self.value() == "1" else queryset


class IncomingMailForm(ConcurrentEditForm):
    """A mail goes only where its reader saw that it would, also if a colleague chose another conversation since."""

    action_names = ["_post"]


class ConversationWidget(ForeignKeyRawIdWidget):
    """The number of a conversation, and its title beside it: whoever posts a mail there sees which one it is."""

    def label_and_url_for_value(self, value: Any) -> tuple[str, str]:
        number, url = super().label_and_url_for_value(value)
        title = (
            Conversation.objects.filter(pk=value).values_list("title", flat=True).first() if number else ""
        )
        return title or number, url


@admin.register(IncomingMail)
class IncomingMailAdmin(ConcurrentEditAdmin):
    form = IncomingMailForm
    list_display = ["sender", "outcome", "subject", "received", "conversation_title", "handled_by"]
    list_display_links = ["sender", "subject"]
    list_filter = [NeedsStaffFilter, "outcome", "received"]
    list_select_related = ["conversation", "handled_by"]
    search_fields = ["sender", "sender_name", "subject"]
    raw_id_fields = ["conversation"]
    date_hierarchy = "received"
    actions = ["post_in_conversation", "dismiss_mails"]
    fields = FIELDS
    change_form_template = "admin/mail/incomingmail/change_form.html"

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        """Of a mail that waits for staff they may say where it belongs."""
        is_open = obj is not None and _can_be_posted(obj)
        return [name for name in FIELDS if not (is_open and name == "conversation")]

    @admin.display(description=gettext_lazy("conversation"), ordering="conversation")
    def conversation_title(self, mail: IncomingMail) -> str:
        return mail.conversation.title_or_number if mail.conversation else "–"

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "conversation":
            kwargs["widget"] = ConversationWidget(db_field.remote_field, self.admin_site)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def lookup_allowed(self, lookup: str, value: str, request: Any = None) -> bool:
        """What the address of the list may filter by. Of a key nothing could be guessed, and nobody needs to."""
        return not lookup.startswith("key") and super().lookup_allowed(lookup, value, request)

    def has_module_permission(self, request: HttpRequest) -> bool:
        return _may_answer(request)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return _may_answer(request)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return _may_answer(request)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def render_change_form(
        self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any
    ) -> HttpResponse:
        mail = kwargs.get("obj")
        context["can_be_posted"] = mail is not None and _can_be_posted(mail)
        context["can_be_dismissed"] = context["can_be_posted"] or (mail is not None and mail.needs_staff)
        return super().render_change_form(request, context, *args, **kwargs)

    def response_change(self, request: HttpRequest, obj: IncomingMail) -> HttpResponse:
        if "_post" in request.POST:
            self._post(request, [obj.pk])
        elif "_dismiss" in request.POST:
            self._dismiss(request, [obj.pk])
        else:
            return super().response_change(request, obj)
        return HttpResponseRedirect(request.path)

    @admin.action(description=gettext_lazy("Post in the conversation"))
    def post_in_conversation(self, request: HttpRequest, queryset: QuerySet[IncomingMail]) -> None:
        self._post(request, list(queryset.order_by("pk").values_list("pk", flat=True)))

    @admin.action(description=gettext_lazy("Nothing to do"))
    def dismiss_mails(self, request: HttpRequest, queryset: QuerySet[IncomingMail]) -> None:
        self._dismiss(request, list(queryset.values_list("pk", flat=True)))

    def _post(self, request: HttpRequest, mails: list[int]) -> None:
        posted = 0
        for pk in mails:
            try:
                post_kept_mail(pk, request.user)
                posted += 1
            except MailNotPosted:
                words = _(
                    "A mail was not posted: choose its conversation first, or somebody has seen to it already."
                )
                self.message_user(request, words, messages.WARNING)
            except RequestRefused as refusal:
                self.message_user(request, str(refusal), messages.WARNING)
        if posted:
            words = ngettext("%(count)d mail was posted.", "%(count)d mails were posted.", posted)
            self.message_user(request, words % {"count": posted}, messages.SUCCESS)

    def _dismiss(self, request: HttpRequest, mails: list[int]) -> None:
        handled = len(mails) - dismiss_mails(mails, request.user)
        if handled:
            words = ngettext(
                "Somebody has seen to that already.",
                "Somebody has seen to %(count)d of them already.",
                handled,
            )
            self.message_user(request, words % {"count": handled}, messages.WARNING)


def _may_answer(request: HttpRequest) -> bool:
    user = request.user
    return bool(user.is_active and user.is_staff and user.has_perm(ANSWER_CUSTOMERS))


def _can_be_posted(mail: IncomingMail) -> bool:
    return (
        mail.handled is None and mail.outcome not in IncomingMail.POSTED_OUTCOMES and bool(mail.text.strip())
    )
