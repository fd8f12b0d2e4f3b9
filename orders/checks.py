"""System checks of the secrets by which live orders are received. What they are is never shown."""

from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register

from .webhooks.secrets import MIN_SECRET_CHARS, split_secrets

SETTINGS = ("SHOPIFY_WEBHOOK_SECRET", "WOOCOMMERCE_WEBHOOK_SECRET", "ORDERS_API_TOKEN")
WITH_COMMAS = ("WOOCOMMERCE_WEBHOOK_SECRET",)  # those that a platform makes of any characters


@register(Tags.security)
def check_secrets(app_configs: Any, **_kwargs: Any) -> Iterator[CheckMessage]:
    for name in SETTINGS:
        secret = getattr(settings, name).strip()
        lengths = [len(each) for each in split_secrets(secret, may_have_commas=name in WITH_COMMAS) if each]
        if lengths and min(lengths) < MIN_SECRET_CHARS:
            hint = "Use the one that the platform shows, or make one: openssl rand -hex 32"
            which = "One of the secrets in " if len(lengths) > 1 else ""
            yield Error(
                f"{which}{name} has fewer than {MIN_SECRET_CHARS} characters.", hint=hint, id="orders.E001"
            )
        elif not secret.isprintable():
            yield Error(
                f"{name} has a character that cannot be printed.", hint="Copy it anew.", id="orders.E002"
            )
    tokens = split_secrets(settings.ORDERS_API_TOKEN)
    if any(not each.isascii() or " " in each for each in tokens):
        hint = "A header takes letters, digits and marks of ASCII: openssl rand -hex 32"
        yield Error("ORDERS_API_TOKEN cannot be sent in a header.", hint=hint, id="orders.E003")
