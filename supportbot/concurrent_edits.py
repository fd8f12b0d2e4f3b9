"""Forms of admin that several people may have open at once, of which none overwrites what another one has stored.

A row is locked while a form of it is stored. A field that was not changed in the form keeps what is stored by then, and
whoever changed one that somebody else has changed since the page was opened is told so before anything is stored.
"""

from collections.abc import Collection
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.utils import display_for_field
from django.http import HttpRequest, HttpResponse
from django.utils.decorators import method_decorator
from django.utils.text import Truncator
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

SHOWN_VALUE_CHARS = 200


def normalise_text(value: Any) -> Any:
    """Text as it is compared: browsers end lines in another way, and what is only white space says nothing."""
    return value.replace("\r\n", "\n").strip() if isinstance(value, str) else value


class ShownBoundField(forms.BoundField):
    """A field that, when its form is shown again, says what it said before that the page had shown.

    Django forgets it of a field whose value is sent in several parts, such as a day and a time.
    """

    def as_widget(
        self, widget: Any = None, attrs: dict[str, Any] | None = None, only_initial: bool = False
    ) -> Any:
        if not (only_initial and self.form.is_bound):
            return super().as_widget(widget, attrs, only_initial)
        hidden: Any = self.field.hidden_widget()
        shown = hidden.value_from_datadict(self.form.data, self.form.files, self.html_initial_name)
        attrs = {"id": self.html_initial_id} | (attrs or {})
        return hidden.render(self.html_initial_name, shown, attrs, self.form.renderer)


class ConcurrentEditForm(forms.ModelForm):
    """A form that carries the values that it showed."""

    bound_field_class = ShownBoundField
    # The names of buttons that act on the row as their reader saw it, also on what they did not change.
    action_names: Collection[str] = ()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, field in self.fields.items():
            # One that does not say what it showed, as a script sends it, is compared with what is stored. What cannot
            # be changed here, such as the digest of a password, has no place in the page.
            is_change = self.instance.pk is not None and not field.disabled
            field.show_hidden_initial = is_change and self._says_what_it_showed(name)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        for name in self.list_overtaken_fields():
            if name not in self.errors:
                self._show_conflict(name)
        return cleaned | self._load_unchanged_values(cleaned)

    def list_overtaken_fields(self) -> list[str]:
        """Those that were changed here, and to something else by somebody else since the form was shown.

        Of an action's form those too that were not changed here.
        """
        is_action = any(name in self.data for name in self.action_names)
        names = list(self.fields) if is_action else self.changed_data
        return [name for name in names if self._is_overtaken(name)]

    def list_news(self) -> list[str]:
        """Those that were not changed here, but by somebody else since the form was shown."""
        return [
            name for name in self.fields if name not in self.changed_data and self._was_stored_since(name)
        ]

    def _is_overtaken(self, name: str) -> bool:
        return name in self.cleaned_data and self._was_stored_since(name) and self._is_other_than_stored(name)

    def _load_unchanged_values(self, cleaned: dict[str, Any]) -> dict[str, Any]:
        """What is stored in the fields that were not changed here, in place of what the form showed of them."""
        if self.instance.pk is None:
            return {}
        fields = {field.name: field for field in self._meta.model._meta.get_fields()}
        unchanged = [name for name in cleaned if name in fields and name not in self.changed_data]
        return {name: self._load_stored(fields[name]) for name in unchanged}

    def _load_stored(self, field: Any) -> Any:
        stored = getattr(self.instance, field.name)
        return list(stored.all()) if field.many_to_many else stored

    def _says_what_it_showed(self, name: str) -> bool:
        if not self.is_bound:
            return True
        hidden: Any = self.fields[name].hidden_widget()
        if isinstance(hidden, forms.MultipleHiddenInput):  # which leaves no trace where nothing was chosen
            return any(key.startswith(self.add_initial_prefix("")) for key in self.data)
        is_missing = hidden.value_omitted_from_data(self.data, self.files, self.add_initial_prefix(name))
        return not is_missing

    def _is_other_than_stored(self, name: str) -> bool:
        return self._are_different(name, self._get_stored(name), self[name].data)

    def _are_different(self, name: str, one: Any, other: Any) -> bool:
        return self.fields[name].has_changed(normalise_text(one), normalise_text(other))

    def _was_stored_since(self, name: str) -> bool:
        """Whether what is stored differs from what the form showed. One that does not say what it showed says no."""
        if not self.fields[name].show_hidden_initial:
            return False
        hidden: Any = self.fields[name].hidden_widget()
        shown = hidden.value_from_datadict(self.data, self.files, self[name].html_initial_name)
        return self._are_different(name, self._get_stored(name), shown)

    def _get_stored(self, name: str) -> Any:
        return self.get_initial_for_field(self.fields[name], name)

    def _show_conflict(self, name: str) -> None:
        """The form that is shown again says that it showed what is stored now: to send it again is to choose.

        In a field that was not changed here it shows that too.
        """
        bound = self[name]
        if name in self.changed_data:
            self.add_error(name, self._describe_conflict(name))
            self._show_stored_value(name, bound.html_initial_name)
        else:
            self.add_error(name, self._describe_news(name))
            self._show_stored_value(name, bound.html_initial_name, bound.html_name)

    def _describe_news(self, name: str) -> str:
        return _(
            "%(name)s has changed this since you opened the page. It is shown as it is now: read it before "
            "you continue."
        ) % {"name": self._find_author(name)}

    def _describe_conflict(self, name: str) -> str:
        """By whom it was changed and to what, in words for whoever was later."""
        value = Truncator(self._describe_stored(name)).chars(SHOWN_VALUE_CHARS) or _("nothing")
        return _(
            "%(name)s has changed this to “%(value)s” since you opened the page. What you entered is kept "
            "here: save again to use it instead."
        ) % {"name": self._find_author(name), "value": value}

    def _describe_stored(self, name: str) -> str:
        """What is stored, as staff read it."""
        field: Any = self._meta.model._meta.get_field(name)
        stored = self._load_stored(field)
        if field.many_to_many:
            return ", ".join(str(row) for row in stored)
        if isinstance(stored, bool):
            return _("Yes") if stored else _("No")
        return str(display_for_field(stored, field, ""))

    def _find_author(self, name: str) -> str:
        """Who changed this field last, where that is known."""
        return _("Somebody")

    def _show_stored_value(self, name: str, *sent_names: str) -> None:
        """Have the form that is shown again hold what is stored now under these names of its page."""
        field = self.fields[name]
        hidden: Any = field.hidden_widget()
        stored = field.prepare_value(self._get_stored(name))
        values: dict[str, list[Any]] = {}
        for sent_name in sent_names:
            context = hidden.get_context(sent_name, stored, {})["widget"]
            values[sent_name] = []
            for part in context.get("subwidgets", [context]):
                values.setdefault(part["name"], []).append("" if part["value"] is None else part["value"])
        sent: Any = self.data
        self.data = data = sent.copy()
        for part_name, parts in values.items():
            data.setlist(part_name, parts)


class LockedRowAdmin(admin.ModelAdmin):
    """Locks the row that is about to be changed or deleted, so that what was read of it is what is overwritten."""

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        found = super().get_object(request, object_id, from_field)
        if found is None or request.method != "POST":
            return found
        # A plain query: what `get_queryset` joins and annotates cannot be locked.
        self.model._base_manager.select_for_update(no_key=True).filter(pk=found.pk).first()
        return super().get_object(request, object_id, from_field)

    @method_decorator(require_safe)
    def history_view(self, *args: Any, **kwargs: Any) -> HttpResponse:
        """It only shows: what is posted there changes nothing, and locks no row."""
        return super().history_view(*args, **kwargs)


class ConcurrentEditAdmin(LockedRowAdmin):
    """The admin of rows that several people may have open at once."""

    form = ConcurrentEditForm

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        if change:
            show_news(request, form)


def show_news(request: HttpRequest, form: ConcurrentEditForm) -> None:
    """Say on the next page what somebody else changed since the form was shown, which saving it has left as it is."""
    if names := form.list_news():
        told = _("Meanwhile somebody else changed: %(fields)s. That was kept; see the history.")
        labels = ", ".join(_("“%(label)s”") % {"label": form[name].label} for name in names)
        messages.info(request, told % {"fields": labels})
