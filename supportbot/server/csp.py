"""The Content-Security-Policy of every page: our own scripts and styles and nothing else, never inline."""

from asgiref.sync import iscoroutinefunction, markcoroutinefunction

POLICY = "; ".join(
    [
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "font-src 'self'",
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
        "manifest-src 'self'",
    ]
)


class ContentSecurityPolicyMiddleware:
    sync_capable = True
    async_capable = True

    def __init__(self, get_response):
        self.get_response = get_response
        self._is_async = iscoroutinefunction(get_response)
        if self._is_async:
            markcoroutinefunction(self)

    def __call__(self, request):
        if self._is_async:
            return self._acall(request)
        return _add_policy(self.get_response(request))

    async def _acall(self, request):
        return _add_policy(await self.get_response(request))


def _add_policy(response):
    response.headers.setdefault("Content-Security-Policy", POLICY)
    return response
