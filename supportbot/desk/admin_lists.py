"""An address of one of admin's lists with a value that cannot be, such as a number of 22 digits, leads to the list.

Django does so itself with what it finds out while it builds the query; this is for what only running it finds out.
Django has no setting for it, so all lists get it here, also those of its own apps and of any other.
"""

from django.contrib.admin import ModelAdmin
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.views.main import ChangeList
from django.db import DataError
from django.http import HttpRequest


class LenientChangeList(ChangeList):
    def get_results(self, request: HttpRequest) -> None:
        try:
            super().get_results(request)
        except (ValueError, IndexError, OverflowError, DataError) as error:
            raise IncorrectLookupParameters(error) from error


def install_lenient_lists() -> None:
    """To be called when the apps are ready."""
    ModelAdmin.get_changelist = lambda *_args, **_kwargs: LenientChangeList  # type: ignore[method-assign]
