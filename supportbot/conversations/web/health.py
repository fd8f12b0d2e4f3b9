"""What a load balancer asks: is the process alive, and can it serve."""

from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer
from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from ..realtime import channel_layer


@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """The process is alive."""
    return HttpResponse("ok\n", content_type="text/plain")


@require_safe
def readyz(request: HttpRequest) -> HttpResponse:
    """The database and the channel layer answer; 503 if either does not."""
    unreachable: tuple[type[Exception], ...] = (DatabaseError, *channel_layer.get_layer_errors())
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        if (layer := get_channel_layer()) is not None:
            async_to_sync(layer.group_send)("readyz", {"type": "readyz"})
    except unreachable as error:
        return HttpResponse(f"not ready: {type(error).__name__}\n", content_type="text/plain", status=503)
    return HttpResponse("ready\n", content_type="text/plain")
