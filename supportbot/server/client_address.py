"""From which network a request or socket comes, as far as that can be known: for limits, and for locked sign-ins.

The address is that of whoever is on the other side of our own proxies. Each of those adds the address that it sees at
the end of X-Forwarded-For, so from the right as many words can be believed as we have proxies; what stands before them
is anybody's claim.
"""

from collections.abc import Sequence
from contextvars import ContextVar
from ipaddress import IPv6Address, ip_address
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils.crypto import salted_hmac

# A provider gives each of its customers at least this much of IPv6.
IPV6_PREFIX_BITS = 64
KEY_CHARS = 24

_current_network: ContextVar[str] = ContextVar("current_network", default="")


def get_client_address(request: HttpRequest) -> str:
    """The network of a request's client, for django-axes too."""
    return find_network(
        str(request.META.get("REMOTE_ADDR") or ""), request.headers.get("X-Forwarded-For", "")
    )


def remember_client_address(application: Any) -> Any:
    """Wrap an ASGI application: what it does for a request or socket can ask for `get_current_address_key`."""

    async def handle_with_address(scope: dict[str, Any], receive: Any, send: Any) -> None:
        _current_network.set(find_network(*_read_scope(scope)))
        await application(scope, receive, send)

    return handle_with_address


def get_current_address_key() -> str:
    """Stands for the client's network in rows and budgets, since nobody need learn the address itself.

    Empty outside of requests and sockets, and where the address is not known.
    """
    network = _current_network.get()
    return build_address_key(network) if network else ""


def build_address_key(network: str) -> str:
    return salted_hmac("supportbot.client_address", network, algorithm="sha256").hexdigest()[:KEY_CHARS]


def normalise_address(written: str) -> str:
    """An address as limits count it: IPv4, or the first address of a network of IPv6. Empty for what is none."""
    text = written.strip().strip('"')
    if text.startswith("["):  # with a port behind it
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        address = ip_address(text.partition("%")[0])
    except ValueError:
        return ""
    if not isinstance(address, IPv6Address):
        return str(address)
    if address.ipv4_mapped is not None:
        return str(address.ipv4_mapped)
    host_bits = 128 - IPV6_PREFIX_BITS
    return str(IPv6Address(int(address) >> host_bits << host_bits))


def find_network(peer: str, forwarded: str) -> str:
    """The network of a client: that of the other side of the connection, or what our proxies say of it."""
    env = settings.ENVIRONMENT
    hops: Sequence[str] = forwarded.split(",") if forwarded and env.behind_proxy else ()
    if len(hops) >= env.trusted_proxies:
        # Where it cannot be read, or fewer proxies than ours were passed, all such clients are the proxy's.
        return normalise_address(hops[-env.trusted_proxies]) or normalise_address(peer)
    return normalise_address(peer)


def _read_scope(scope: dict[str, Any]) -> tuple[str, str]:
    peer = str((scope.get("client") or ("",))[0] or "")
    lines = [value.decode("latin-1") for name, value in scope["headers"] if name == b"x-forwarded-for"]
    return peer, ",".join(lines)
