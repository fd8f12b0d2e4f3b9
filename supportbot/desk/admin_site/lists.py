"""What all of admin's lists do otherwise than Django's, also those of its own apps and of any other.

An address with a value that cannot be, such as a number of 22 digits, leads to the list. Django does so itself with
most of what it finds out while it builds the query; this is for the rest, and for what only running it finds out. It
has no setting for it, nor for the words above a list, which say what is listed, and offer “Show all” only where
something is left out.
"""

from typing import Any

from django.contrib.admin import ModelAdmin
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.views.main import ERROR_FLAG, ChangeList
from django.db import DataError, ProgrammingError
from django.http import HttpRequest
from django.utils.text import capfirst


class AdminList(ChangeList):
    def __init__(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        try:
            super().__init__(request, *args, **kwargs)
        except (ValueError, IndexError, OverflowError, DataError, ProgrammingError) as error:
            if request.GET.keys() <= {ERROR_FLAG}:
                raise  # it is not the address that is wrong
            raise IncorrectLookupParameters(error) from error
        if not self.is_popup:
            self.title = capfirst(str(self.opts.verbose_name_plural))
        if not self.query and not self.get_filters_params():
            self.full_result_count = self.result_count


def install_admin_lists() -> None:
    """To be called when the apps are ready."""
    ModelAdmin.get_changelist = lambda *_args, **_kwargs: AdminList  # type: ignore[method-assign]
