"""The ticket's form. It carries the values that it showed, so that of two people who have it open nobody overwrites
what the other one changed, and the later one of two who changed the same field learns of it before it happens."""

from typing import Any

from django import forms
from django.apps import apps
from django.utils.text import Truncator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ..history import describe_value, name_actor
from ..models import Tag, Ticket
from ..people import name_person
from ..tags import list_tags, parse_tags

SHOWN_VALUE_CHARS = 200
PARAGRAPH_FIELDS = ("issue", "summary", "wants", "tried", "still_open")
ASSISTANT_HELP_TEXT = gettext_lazy("Written by the assistant; your edits replace it.")


def normalise_text(value: Any) -> Any:
    """Text as it is stored: browsers end lines in another way, and what is only white space says nothing."""
    return value.replace("\r\n", "\n").strip() if isinstance(value, str) else value


def list_form_values(ticket: Ticket) -> dict[str, str]:
    """What the form of a ticket would show now, as it stands in its fields."""
    form = TicketForm(instance=ticket)
    values = {name: bound.value() for name, bound in ((name, form[name]) for name in form.fields)}
    return {name: "" if value is None else str(value) for name, value in values.items()}


class TicketForm(forms.ModelForm):
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
            assignee: Any = self.fields["assignee"]
            assignee.label_from_instance = name_person
        for name, field in self.fields.items():
            field.show_hidden_initial = self.instance.pk is not None
            if name in PARAGRAPH_FIELDS:
                field.widget.attrs["rows"] = 4
            if name in by_assistant:
                field.help_text = ASSISTANT_HELP_TEXT
                field.widget.attrs["data-by"] = "assistant"

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
        cleaned = {name: normalise_text(value) for name, value in (super().clean() or {}).items()}
        for name in self.list_overtaken_fields():
            if name not in self.errors:
                self.add_error(name, self._describe_conflict(name))
                self._show_stored_value(name)
        return cleaned

    def list_changed_fields(self) -> list[str]:
        """Those in which something else stands than the form showed, and than is stored by now."""
        return [
            name
            for name in self.changed_data
            if name in self.cleaned_data and self._is_other_than_stored(name)
        ]

    def list_overtaken_fields(self) -> list[str]:
        """Those that were changed here, and to something else by somebody else since the form was shown."""
        if self.instance.pk is None:
            return []
        return [
            name
            for name in self.changed_data
            if name in self.cleaned_data and self._was_stored_since(name) and self._is_other_than_stored(name)
        ]

    def list_news(self) -> list[str]:
        """Those that were not changed here, but by somebody else since the form was shown."""
        return [
            name for name in self.fields if name not in self.changed_data and self._was_stored_since(name)
        ]

    def _is_other_than_stored(self, name: str) -> bool:
        return self._are_different(name, self._get_stored(name), self[name].data)

    def _are_different(self, name: str, one: Any, other: Any) -> bool:
        return self.fields[name].has_changed(normalise_text(one), normalise_text(other))

    def _was_stored_since(self, name: str) -> bool:
        """Whether what is stored differs from what the form showed. One that does not say what it showed says no."""
        bound: Any = self[name]
        if bound.html_initial_name not in self.data:
            return False
        hidden = self.fields[name].hidden_widget()
        shown = hidden.value_from_datadict(self.data, self.files, bound.html_initial_name)
        return self._are_different(name, self._get_stored(name), shown)

    def _get_stored(self, name: str) -> Any:
        return self.get_initial_for_field(self.fields[name], name)

    def _describe_conflict(self, name: str) -> str:
        """By whom it was changed and to what, in words for whoever was later."""
        told = {"name": self._find_author(name), "value": self._describe_stored(name)}
        return (
            _(
                "%(name)s has changed this to “%(value)s” since you opened the page. What you entered is kept "
                "here: save again to use it instead."
            )
            % told
        )

    def _describe_stored(self, name: str) -> str:
        value = describe_value(name, str(self._get_stored(name) or ""))
        if name == "assignee" and self.instance.assignee:
            value = name_person(self.instance.assignee)
        return Truncator(value).chars(SHOWN_VALUE_CHARS) or _("nothing")

    def _find_author(self, name: str) -> str:
        """Who changed this field last, as the audit log has it."""
        audit: Any = apps.get_app_config("audit")
        logged = "tags" if name == "tag_names" else name
        for event in reversed(audit.list_events(self.instance.number)):
            if logged in event.details.get("changes", ()):
                return name_actor(event)
        return _("Somebody")

    def _show_stored_value(self, name: str) -> None:
        """The form that is shown again says that it showed what is stored now: to save it again is to choose."""
        bound = self[name]
        sent: Any = self.data
        data = sent.copy()
        data[bound.html_initial_name] = self.fields[name].prepare_value(self._get_stored(name)) or ""
        self.data = data
