"""A site that answers to any name is warned of before it is deployed."""

import pytest
from django.core import checks

from supportbot.conversations.checks import check_hosts


@pytest.mark.parametrize(
    ("hosts", "ids"),
    [
        (["*"], ["supportbot.W012"]),
        (["help.example.com", "*"], ["supportbot.W012"]),
        (["help.example.com"], []),
    ],
)
def test_every_host_is_warned_of(settings, hosts, ids):
    settings.ALLOWED_HOSTS = hosts

    assert [warning.id for warning in check_hosts(None)] == ids
    assert check_hosts in checks.registry.registry.deployment_checks
