"""The ticket's form, which several people may have open at once (`concurrent_edits`)."""

from collections.abc import Collection
from functools import partial
from typing import Any

from django import forms
from django.apps import apps
from django.contrib.auth import get_user_model
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from supportbot.concurrent_edits import ConcurrentEditForm, normalise_text
from supportbot.row_ids import parse_row_id

from ..history import describe_value, name_actor
from ..models import Tag, Ticket
from ..people import find_team, name_person
from ..tags import list_tags, parse_tags

PARAGRAPH_FIELDS = ("issue", "summary", "wants", "tried", "still_open")
ASSISTANT_HELP_TEXT = gettext_lazy("Written by the assistant; your edits replace it.")


def list_form_values(ticket: Ticket) -> dict[str, str]:
    """What the form of a ticket would show now, as it stands in its fields."""
    form = TicketForm(instance=ticket)
    values = {name: bound.value() for name, bound in ((name, form[name]) for name in form.fields)}
    return {name: "" if value is None else str(value) for name, value in values.items()}


class TicketForm(ConcurrentEditForm):
    tag_names = forms.CharField(
        label=gettext_lazy("Tags"),
        required=False,
        help_text=gettext_lazy("Words with commas between them."),
    )

    class Meta:
        model = Ticket
        fields = (
            *("status", "priority", "assignee", "order_number", "issue", "subject", "category"),
            *("suggested_priority", "sentiment", "language", "summary", "wants", "tried", "still_open"),
            *("guest_name", "guest_email"),
        )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        by_assistant = self.instance.by_assistant if self.instance.pk else ()
        self.initial["tag_names"] = ", ".join(list_tags(self.instance))
        if "assignee" in self.fields:  # not in that of somebody who may only look at it
            self._offer_whoever_has_it(self.fields["assignee"])
        for name, field in self.fields.items():
            if name in PARAGRAPH_FIELDS:
                field.widget.attrs["rows"] = 4
            if name in by_assistant:
                field.help_text = ASSISTANT_HELP_TEXT
                field.widget.attrs["data-by"] = "assistant"

    def _offer_whoever_has_it(self, assignee: Any) -> None:
        """Also when they are no longer on the team: to save a ticket is not to take it away from them.

        Whom the page showed is a choice too. To choose them changes nothing, so they can only stay.
        """
        shown = parse_row_id(self.data.get(self.add_initial_prefix("assignee"), "")) or 0
        has_it = get_user_model()._default_manager.filter(pk__in=[self.instance.assignee_id or 0, shown])
        assignee.queryset = find_team() | has_it
        assignee.label_from_instance = partial(_name_assignee, set(find_team().values_list("pk", flat=True)))

    def clean_tag_names(self) -> str:
        names = parse_tags(self.cleaned_data["tag_names"])
        if any(len(name) > Tag.MAX_CHARS for name in names):
            raise forms.ValidationError(
                _("A tag has at most %(count)d characters.") % {"count": Tag.MAX_CHARS}
            )
        return ", ".join(names)

    def clean_order_number(self) -> str:
        """As the numbers that issues name are stored, and looked for."""
        return str(self.cleaned_data["order_number"]).strip().upper()

    def clean(self) -> dict[str, Any]:
        return {name: normalise_text(value) for name, value in super().clean().items()}

    def list_changed_fields(self) -> list[str]:
        """Those in which something else stands than the form showed, and than is stored by now."""
        return [
            name
            for name in self.changed_data
            if name in self.cleaned_data and self._is_other_than_stored(name)
        ]

    def _get_validation_exclusions(self) -> set[str]:
        """The choices of this form say who may have it. Those of the model lack whoever has left the team."""
        return super()._get_validation_exclusions() | {"assignee"}  # type: ignore[misc]

    def _describe_stored(self, name: str) -> str:
        if name == "assignee":
            return name_person(self.instance.assignee) if self.instance.assignee else ""
        return describe_value(name, str(self._get_stored(name) or ""))

    def _find_author(self, name: str) -> str:
        """Who changed this field last, as the audit log has it."""
        audit: Any = apps.get_app_config("audit")
        logged = "tags" if name == "tag_names" else name
        for event in reversed(audit.list_events(self.instance.number)):
            if logged in event.details.get("changes", ()):
                return name_actor(event)
        return _("Somebody")


def _name_assignee(team: Collection[int], person: Any) -> str:
    name = name_person(person)
    return name if person.pk in team else _("%(name)s (no longer on the team)") % {"name": name}
