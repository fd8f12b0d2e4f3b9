"""System checks of the settings of mail: what does not fit together is said before anything is served."""

from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register  # noqa: A004


@register(Tags.security)
def check_mail(app_configs: Any, **_kwargs: Any) -> list[CheckMessage]:
    return list(_find_problems())


def _find_problems() -> Iterator[CheckMessage]:
    env = settings.ENVIRONMENT
    if env.mail_address and not env.smtp_url:
        hint = "Set SMTP_URL, by which mails are sent, or unset MAIL_ADDRESS."
        yield Error("MAIL_ADDRESS is set, but no mail can be sent.", hint=hint, id="supportbot.E008")
    if env.imap_url and not env.mail_address:
        hint = (
            "Set MAIL_ADDRESS to the address whose mailbox IMAP_URL is; without it, no mail can be answered."
        )
        yield Warning(
            "IMAP_URL is set, but mails have no address to be answered to.", hint=hint, id="supportbot.W017"
        )
    if env.mail_address and not env.site_url:
        hint = "Set SITE_URL=https://help.example.com, so that mails lead to the chat."
        yield Warning("MAIL_ADDRESS is set, but mails name no page.", hint=hint, id="supportbot.W014")
