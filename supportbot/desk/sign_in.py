"""Signing in: staff come to the desk, customers to their chat, and whoever was sent here back to where they were."""

from typing import Any

from django.contrib.auth.views import LoginView
from django.http import HttpResponse
from django.urls import Resolver404, resolve, reverse

from .rights import can_read


class SignInView(LoginView):
    redirect_authenticated_user = True

    def get_default_redirect_url(self) -> str:
        return reverse("desk") if can_read(self.request.user) else super().get_default_redirect_url()

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """A guest whose conversation is in another browser has nothing to sign in with: the page shows another way."""
        return super().get_context_data(continue_url=self._get_continue_url(), **kwargs)

    def form_invalid(self, form: Any) -> HttpResponse:
        """Why it was refused stands above the form: a screen reader reads it with each field.

        The name is there still, so the next thing to type is the password.
        """
        for field in form.fields.values():
            field.widget.attrs |= {"aria-invalid": "true", "aria-describedby": "error"}
        form.fields["username"].widget.attrs.pop("autofocus", None)
        form.fields["password"].widget.attrs["autofocus"] = True
        return super().form_invalid(form)

    def _get_continue_url(self) -> str:
        try:
            match = resolve(self.get_redirect_url().partition("?")[0])
        except Resolver404:
            return ""
        return reverse("continue", kwargs=match.kwargs) if match.url_name == "conversation" else ""
