"""What is left out of the log."""

import logging


class RefusalFilter(logging.Filter):
    """A request that Django refuses, for its Host header and the like, is a line in the log and not a traceback.

    Strangers' scanners send such requests all day.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        if record.name.startswith("django.security."):
            record.exc_info = record.exc_text = None
        return True
