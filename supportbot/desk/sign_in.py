"""Signing in: staff come to the desk, customers to their chat, and whoever was sent here back to where they were."""

from django.contrib.auth.views import LoginView
from django.urls import reverse

from .rights import can_read


class SignInView(LoginView):
    redirect_authenticated_user = True

    def get_default_redirect_url(self) -> str:
        return reverse("desk") if can_read(self.request.user) else super().get_default_redirect_url()
