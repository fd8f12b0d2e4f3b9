"""A site that sends mail and reads the answers."""

from typing import Any

import pytest


@pytest.fixture
def mail_settings(settings: Any) -> Any:
    """Call it with settings of the environment to change them."""

    def change(**values: Any) -> None:
        settings.ENVIRONMENT = settings.ENVIRONMENT.model_copy(update=values)

    settings.DEFAULT_FROM_EMAIL = "TechCorp support <support@example.com>"
    change(
        site_url="https://help.example.com",
        smtp_url="smtp://localhost",
        mail_address="support@example.com",
    )
    return change
