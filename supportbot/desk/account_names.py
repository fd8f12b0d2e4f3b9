"""What a log that is kept for good calls an account, since its name goes when it is deleted."""

from django.utils.translation import gettext as _


def name_account(number: int) -> str:
    return _("Account %(number)s") % {"number": number}
