"""Addresses that only a form is posted to, opened in a browser: typed, from its history, or from a bookmark."""

from http import HTTPStatus

from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.utils.deprecation import MiddlewareMixin


class PostedAddressMiddleware(MiddlewareMixin):
    """Leads people to the start page in the place of an empty answer. Nothing is done by opening an address."""

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        is_refused = response.status_code == HTTPStatus.METHOD_NOT_ALLOWED and request.method == "GET"
        is_opened = "text/html" in request.headers.get("Accept", "")
        return redirect("index") if is_refused and is_opened else response
