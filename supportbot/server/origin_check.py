"""From which pages a socket may be opened: a browser sends its cookies along from everywhere."""

from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.http.request import split_domain_port, validate_host


def has_own_origin(scope: Mapping[str, Any]) -> bool:
    """Scheme, host and port must be the page's own, as Django's CSRF check has it for forms."""
    headers = [(name, value.decode("latin1")) for name, value in scope["headers"]]
    origins = [value for name, value in headers if name == b"origin"]
    host = next((value for name, value in headers if name == b"host"), "")
    if len(origins) != 1:
        return False
    if origins[0] in settings.CSRF_TRUSTED_ORIGINS:
        return True
    scheme = "https" if _is_secure(scope, headers) else "http"
    return bool(host) and _is_allowed(host) and origins[0] == f"{scheme}://{host}"


def _is_secure(scope: Mapping[str, Any], headers: list[tuple[bytes, str]]) -> bool:
    """Decide as Django does for the page: each proxy may add its word to the header, and the first one counts."""
    proxy = settings.SECURE_PROXY_SSL_HEADER
    if proxy is not None:
        header = proxy[0].removeprefix("HTTP_").replace("_", "-").lower().encode()
        words = next((value for name, value in headers if name == header), None)
        if words is not None:
            return words.split(",", 1)[0].strip() == proxy[1]
    return scope.get("scheme") in ("wss", "https")


def _is_allowed(host: str) -> bool:
    domain, _port = split_domain_port(host)
    return bool(domain) and validate_host(domain, settings.ALLOWED_HOSTS)
