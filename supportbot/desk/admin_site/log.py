"""Django's own log of admin, which it shows under “Recent actions” and keeps for good.

It holds what a row was called, so no row is called by a customer's words or name. Accounts are, for Django names them.
"""

from typing import Any

from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.contrib.contenttypes.models import ContentType
from django.db.models.signals import post_delete
from django.dispatch import receiver

from ..account_names import name_account


@receiver(post_delete, sender=User)
def blank_account_name(sender: Any, instance: User, **_kwargs: Any) -> None:
    """The name of a customer goes with the account, also from the entry of its deletion, which stands there already."""
    if not instance.is_staff:
        entries = LogEntry.objects.filter(
            content_type=ContentType.objects.get_for_model(User), object_id=str(instance.pk)
        )
        entries.update(object_repr=name_account(instance.pk))
