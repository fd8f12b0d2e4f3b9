"""In development a site answers to its own address; one that answers to any name is warned of before it is deployed."""

import pytest
from django.core import checks
from django.http.request import split_domain_port, validate_host

from supportbot.addresses import get_host_pattern
from supportbot.conversations import checks as own_checks
from supportbot.conversations.checks import check_hosts
from tests.server.environments import read_settings


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


@pytest.mark.parametrize(
    ("host", "named"),
    [
        ("fd00::5", "[fd00::5]:8000"),
        ("[fd00::5]", "[fd00::5]:8000"),
        ("FD00:0:0::5", "[fd00::5]:8000"),
        ("fe80::1%eth0", "[fe80::1]:8000"),
        ("10.0.0.3", "10.0.0.3:8000"),
        ("shop.local", "shop.local"),
        ("0.0.0.0", "any.example.com"),
        ("::", "[fd00::5]"),
        ("[::]", "any.example.com"),
    ],
)
def test_the_address_that_it_is_served_on_is_one_of_its_names(host, named):
    domain, _port = split_domain_port(named)

    assert validate_host(domain, [get_host_pattern(host)])
    if host not in ("0.0.0.0", "::", "[::]"):
        assert not validate_host("other.example.com", [get_host_pattern(host)])


def test_the_settings_of_development_have_it():
    [hosts] = read_settings({"HOST": "fd00::5", "DEBUG": "1"}, "ALLOWED_HOSTS")
    assert hosts[-1] == "[fd00::5]"


@pytest.mark.parametrize(
    ("host", "ids"),
    [
        ("127.0.0.1", []),
        ("[::1]", []),
        ("localhost", []),
        ("10.0.0.3", ["supportbot.W001"]),
        ("::", ["supportbot.W001"]),
    ],
)
def test_development_on_an_address_that_others_reach_is_warned_of(settings, host, ids):
    settings.DEBUG = True
    settings.ENVIRONMENT = settings.ENVIRONMENT.model_copy(update={"host": host})

    assert [warning.id for warning in own_checks._check_debug()] == ids
