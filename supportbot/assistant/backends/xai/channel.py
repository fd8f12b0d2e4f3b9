"""The gRPC channel to xAI, and its failures as `ModelError`."""

import json
from collections.abc import Sequence
from typing import Any

import grpc

from ...errors import ErrorCode, ModelError
from ..provider_errors import error_from_status

DEFAULT_HOST = "api.x.ai"
MAX_MESSAGE_BYTES = 20 * 2**20  # of a request or an answer, as in xai-sdk

# One retry, as in the other backends. gRPC makes it only while nothing of the answer has arrived.
_RETRY_POLICY = {
    "maxAttempts": 2,
    "initialBackoff": "0.3s",
    "maxBackoff": "1s",
    "backoffMultiplier": 2,
    "retryableStatusCodes": ["UNAVAILABLE", "RESOURCE_EXHAUSTED", "INTERNAL"],
}
CHANNEL_OPTIONS: Sequence[tuple[str, Any]] = (
    ("grpc.service_config", json.dumps({"methodConfig": [{"name": [{}], "retryPolicy": _RETRY_POLICY}]})),
    ("grpc.max_send_message_length", MAX_MESSAGE_BYTES),
    ("grpc.max_receive_message_length", MAX_MESSAGE_BYTES),
    # The first one is also how long connecting may take; the others are the pauses before the next attempt.
    ("grpc.min_reconnect_backoff_ms", 5000),
    ("grpc.initial_reconnect_backoff_ms", 500),
    ("grpc.max_reconnect_backoff_ms", 2000),
    # Pings notice a connection that has silently died, also between two turns.
    ("grpc.keepalive_time_ms", 30_000),
    ("grpc.keepalive_timeout_ms", 10_000),
    ("grpc.keepalive_permit_without_calls", 1),
    ("grpc.http2.max_pings_without_data", 0),
)

# How gRPC words an UNAVAILABLE that means that there was no connection at all.
CONNECT_FAILURE_PREFIXES = ("failed to connect", "errors resolving", "dns resolution")
# What a REST server would have answered; 400 for all others.
HTTP_STATUSES = {
    grpc.StatusCode.UNAUTHENTICATED: 401,
    grpc.StatusCode.PERMISSION_DENIED: 403,
    grpc.StatusCode.NOT_FOUND: 404,
    grpc.StatusCode.RESOURCE_EXHAUSTED: 429,
    grpc.StatusCode.UNAVAILABLE: 503,
    grpc.StatusCode.DEADLINE_EXCEEDED: 504,
    grpc.StatusCode.INTERNAL: 500,
    grpc.StatusCode.UNKNOWN: 500,
    grpc.StatusCode.DATA_LOSS: 500,
    grpc.StatusCode.ABORTED: 500,
    grpc.StatusCode.CANCELLED: 503,
}


def open_channel(address: str) -> grpc.aio.Channel:
    """Open a channel in the running event loop: with TLS, unless the address begins with http://."""
    scheme, _, rest = address.rpartition("://")
    host = rest.partition("/")[0] or DEFAULT_HOST
    if scheme == "http":
        return grpc.aio.insecure_channel(host, options=CHANNEL_OPTIONS)
    return grpc.aio.secure_channel(host, grpc.ssl_channel_credentials(), options=CHANNEL_OPTIONS)


def error_from_rpc(error: grpc.aio.AioRpcError, endpoint: str, *, has_begun: bool = False) -> ModelError:
    """The error for a failed call to `endpoint`; `has_begun` says whether a part of the answer had arrived."""
    code, text = error.code(), error.details() or ""
    status, detail = HTTP_STATUSES.get(code, 400), f"status {code.name}, {endpoint}"
    if has_begun and status >= 500:
        return ModelError(ErrorCode.CUT if status >= 503 else ErrorCode.PROVIDER_ERROR, detail)
    if text.lower().startswith(CONNECT_FAILURE_PREFIXES):
        return ModelError(ErrorCode.UNREACHABLE, detail)
    return error_from_status(status, text, detail)
