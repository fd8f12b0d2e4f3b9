"""From which address a request comes, as far as that can be known."""

from django.conf import settings
from django.http import HttpRequest


def get_client_address(request: HttpRequest) -> str:
    """The address of whoever is on the other side of our own proxy.

    That proxy adds the address that it sees at the end of X-Forwarded-For; what stands before it is anybody's claim.
    """
    if settings.ENVIRONMENT.behind_proxy:
        forwarded = request.headers.get("X-Forwarded-For", "")
        last = forwarded.rpartition(",")[2].strip()
        if last:
            return last
    return str(request.META.get("REMOTE_ADDR", ""))
