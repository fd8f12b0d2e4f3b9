"""How large a mail may be, and what is said of one that is larger."""

from django.utils.translation import gettext as _

BYTES_PER_MEGABYTE = 1024 * 1024
MAX_MAIL_BYTES = 25 * BYTES_PER_MEGABYTE


def describe_size(size: int) -> str:
    return _(
        "The customer sent an e-mail of %(size)d MB. It was too large to be taken: the limit is %(limit)d MB."
    ) % {"size": -(-size // BYTES_PER_MEGABYTE), "limit": MAX_MAIL_BYTES // BYTES_PER_MEGABYTE}


def describe_size_refusal() -> str:
    """For whoever has sent it."""
    return _(
        "Your e-mail is larger than %(limit)d MB, so we couldn't take it. Please send it again with fewer or smaller "
        "attachments."
    ) % {"limit": MAX_MAIL_BYTES // BYTES_PER_MEGABYTE}
