"""The items in the form of an order, which the shop may change or remove while it is open."""

import re
from typing import Any

from django.forms import BaseInlineFormSet
from django.forms.formsets import INITIAL_FORM_COUNT, TOTAL_FORM_COUNT
from django.utils.datastructures import MultiValueDict


class OrderItemFormSet(BaseInlineFormSet):
    """The rows of the items that the order still has: a row of another one holds nobody up.

    Django would refuse the whole page for it, also when it is sent again.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.lost_edits: list[str] = []  # names of items that were changed in the page, and removed meanwhile
        if self.is_bound:
            self._leave_removed_items_out()

    def _leave_removed_items_out(self) -> None:
        stored = {str(item.pk) for item in self.get_queryset()}
        rows = range(self.initial_form_count())
        removed = [row for row in rows if self._get_sent(row, self.model._meta.pk.name) not in stored]
        if not removed:
            return
        self.lost_edits = [self._get_sent(row, "name") for row in removed if self._is_edited(row)]
        self.data = self._renumber_rows(removed)
        del self.management_form  # it was read of what was sent

    def _get_sent(self, row: int, name: str) -> str:
        return str(self.data.get(f"{self.prefix}-{row}-{name}", ""))

    def _is_edited(self, row: int) -> bool:
        """Whether another value was sent than the page had shown, for any field that says what it showed."""
        begin = f"initial-{self.prefix}-{row}-"
        shown = {key.removeprefix(begin): key for key in self.data if key.startswith(begin)}
        return any(self.data[key] != self._get_sent(row, name) for name, key in shown.items())

    def _renumber_rows(self, removed: list[int]) -> MultiValueDict[str, Any]:
        """What was sent, as if these rows had not been in the page."""
        pattern = re.compile(rf"((?:initial-)?{re.escape(str(self.prefix))}-)(\d+)(-.+)", re.ASCII)
        sent: Any = self.data
        kept: MultiValueDict[str, Any] = MultiValueDict()
        for key, values in sent.lists():
            found = pattern.fullmatch(key)
            if found is None:
                kept.setlist(key, values)
            elif (row := int(found[2])) not in removed:
                before = sum(1 for each in removed if each < row)
                kept.setlist(f"{found[1]}{row - before}{found[3]}", values)
        counts = {INITIAL_FORM_COUNT: self.initial_form_count(), TOTAL_FORM_COUNT: self.total_form_count()}
        for name, count in counts.items():
            kept.setlist(f"{self.prefix}-{name}", [str(count - len(removed))])
        return kept
