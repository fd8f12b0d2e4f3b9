"""Settings of mail that do not fit together, or cannot be read, are said before anything is served."""

from typing import Any

import pytest
from pydantic import ValidationError

from supportbot.environment import Environment
from supportbot.mail.checks import check_mail

FITTING = {"smtp_url": "smtp://h", "mail_address": "a@example.com", "site_url": "https://h.example"}


@pytest.mark.parametrize(
    ("changes", "ids"),
    [
        ({}, []),
        ({"smtp_url": ""}, ["supportbot.E008"]),
        ({"site_url": ""}, ["supportbot.W014"]),
        ({"mail_address": "", "imap_url": "imaps://u:p@h/INBOX"}, ["supportbot.W017"]),
    ],
)
def test_what_does_not_fit_together_is_said(settings: Any, changes: dict[str, str], ids: list[str]) -> None:
    settings.ENVIRONMENT = settings.ENVIRONMENT.model_copy(update=FITTING | changes)
    assert [problem.id for problem in check_mail(None)] == ids


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("mail_address", "support"),
        ("mail_address", "Support <support@example.com>"),
        ("mail_address", "support@example.com, x@example.com"),
        ("imap_url", "imap://u:p@h/INBOX"),
        ("imap_url", "imaps:///INBOX"),
        ("mail_strangers", "ignore"),
    ],
)
def test_a_value_that_cannot_be_read_is_refused(name: str, value: str) -> None:
    with pytest.raises(ValidationError):
        Environment(**{name: value})
