"""What a load balancer asks: is the process alive, and can it serve."""

import logging

from django.db import Error as DatabaseError
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.utils.deprecation import MiddlewareMixin
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from supportbot.server.write_probe import check_writes

from ..realtime import process_messages

logger = logging.getLogger(__name__)


@require_safe
@never_cache
def healthz(request: HttpRequest) -> HttpResponse:
    """The process is alive."""
    return HttpResponse("ok\n", content_type="text/plain")


@require_safe
@never_cache
def readyz(request: HttpRequest) -> HttpResponse:
    """The database and Redis answer, and what is written can be stored; 503 if not."""
    try:
        connection.ensure_connection()
        check_writes()
        process_messages.check_store()
    except (DatabaseError, OSError) as error:
        logger.warning("Not ready: %s", type(error).__name__)
        return HttpResponse(f"not ready: {type(error).__name__}\n", content_type="text/plain", status=503)
    return HttpResponse("ready\n", content_type="text/plain")


PROBES = {"/healthz": healthz, "/readyz": readyz}


class HealthMiddleware(MiddlewareMixin):
    """Answers probes before anything else looks at them: they come by address, with any Host, and have no session."""

    def process_request(self, request: HttpRequest) -> HttpResponse | None:
        probe = PROBES.get(request.path_info)
        return probe(request) if probe else None
