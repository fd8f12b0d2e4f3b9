"""A row that cannot be, as that of a number of 30 digits, is no choice in admin's forms and actions, and no error.

Django has no setting for it, so all of admin gets it here, also its own apps and any other.
"""

from typing import Any

from django.contrib.admin import ModelAdmin
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.core.exceptions import ValidationError
from django.db.models import IntegerField, QuerySet
from django.db.models.lookups import In
from django.http import HttpRequest, HttpResponse

respond_to_action = ModelAdmin.response_action


class PossibleIntegersIn(In):
    """`__in` as Django has `__exact`: a number that is too large for its column is in no row."""

    def process_rhs(self, compiler: Any, connection: Any) -> Any:
        if self.rhs_is_direct_value():
            kind = self.lhs.output_field.get_internal_type()
            least, largest = connection.ops.integer_field_range(kind)
            self.rhs = [each for each in self.rhs if not isinstance(each, int) or least <= each <= largest]
        return super().process_rhs(compiler, connection)


def respond_with_possible_rows(
    model_admin: Any, request: HttpRequest, queryset: QuerySet[Any]
) -> HttpResponse | None:
    """Do an action as Django does it, with the chosen keys that can be some."""
    sent: Any = request.POST.copy()
    key = queryset.model._meta.pk
    chosen = [each for each in sent.getlist(ACTION_CHECKBOX_NAME) if _can_be(key, each)]
    sent.setlist(ACTION_CHECKBOX_NAME, chosen)
    request.POST = sent
    return respond_to_action(model_admin, request, queryset)


def _can_be(field: Any, written: str) -> bool:
    try:
        field.to_python(written)
    except ValidationError:
        return False
    return True


def install_possible_values() -> None:
    """To be called when the apps are ready."""
    IntegerField.register_lookup(PossibleIntegersIn)
    ModelAdmin.response_action = respond_with_possible_rows  # type: ignore[method-assign,assignment]
