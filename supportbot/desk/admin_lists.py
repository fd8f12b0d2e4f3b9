"""An address of one of admin's lists with a value that cannot be, such as a number of 22 digits, leads to the list.

Django does so itself with most of what it finds out while it builds the query; this is for the rest, and for what only
running it finds out. Django has no setting for it, so all lists get it here, also those of its own apps and of any
other.
"""

from typing import Any

from django.contrib.admin import ModelAdmin
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.views.main import ERROR_FLAG, ChangeList
from django.db import DataError
from django.http import HttpRequest


class LenientChangeList(ChangeList):
    def __init__(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        try:
            super().__init__(request, *args, **kwargs)
        except (ValueError, IndexError, OverflowError, DataError) as error:
            if request.GET.keys() <= {ERROR_FLAG}:
                raise  # it is not the address that is wrong
            raise IncorrectLookupParameters(error) from error


def install_lenient_lists() -> None:
    """To be called when the apps are ready."""
    ModelAdmin.get_changelist = lambda *_args, **_kwargs: LenientChangeList  # type: ignore[method-assign]
