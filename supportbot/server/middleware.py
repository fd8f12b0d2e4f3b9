"""What our middlewares of Django have in common: each works for sync and async requests, and costs no thread."""

from collections.abc import Awaitable, Callable
from typing import Any

from asgiref.sync import iscoroutinefunction, markcoroutinefunction, sync_to_async
from django.http import HttpRequest, HttpResponseBase

View = Callable[[HttpRequest], HttpResponseBase]


class Middleware:
    """A subclass answers some requests in the place of all that stands further in, or changes what comes from there."""

    sync_capable = True
    async_capable = True

    def __init__(self, get_response: Callable[[HttpRequest], Any]) -> None:
        self.get_response = get_response
        self._is_async = iscoroutinefunction(get_response)
        if self._is_async:
            markcoroutinefunction(self)

    def find_view(self, request: HttpRequest) -> View | None:
        """The view that answers this request; None for those that are passed on. It may block."""
        return None

    def change_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        """What goes out in the place of `response`. It must not block."""
        return response

    def __call__(self, request: HttpRequest) -> HttpResponseBase | Awaitable[HttpResponseBase]:
        if self._is_async:
            return self._call_async(request)
        answer = self.find_view(request) or self.get_response
        return self.change_response(request, answer(request))

    async def _call_async(self, request: HttpRequest) -> HttpResponseBase:
        view = self.find_view(request)
        answer = sync_to_async(view) if view else self.get_response
        return self.change_response(request, await answer(request))
