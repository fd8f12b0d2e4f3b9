"""Serves the static files, also those of a version that was installed while this process runs."""

import os
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase
from whitenoise.middleware import WhiteNoiseMiddleware


class StaticFilesMiddleware(WhiteNoiseMiddleware):
    """As that of WhiteNoise, which knows only the files that were there when the process started.

    While one process after the other is restarted with a new version, those of the earlier one are asked for the
    scripts that a page of the new one names; without any one of them that page would be dead.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        super().__init__(get_response)
        self.directories.append((f"{settings.STATIC_ROOT}{os.sep}", self.static_prefix))

    def __call__(self, request: HttpRequest) -> Any:
        path = request.path_info
        is_unknown = path.startswith(self.static_prefix) and path not in self.files
        if is_unknown and not self.autorefresh and (found := self.find_file(path)):
            self.files[path] = found
        return super().__call__(request)
