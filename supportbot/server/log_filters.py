"""What is left out of the log."""

import logging


class RefusalFilter(logging.Filter):
    """A request that is refused, for its Host header, a missing right and the like, is a line in the log, no traceback.

    Strangers' scanners send such requests all day.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        is_refusal = record.name == "django.request" and getattr(record, "status_code", 500) < 500
        if is_refusal or record.name.startswith("django.security."):
            record.exc_info = record.exc_text = None
        return True
