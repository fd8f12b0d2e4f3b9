"""Log-ins that were locked after too many wrong passwords, for the audit log."""

from typing import Any

from axes.signals import user_locked_out
from django.dispatch import receiver

from .recording import record_event


@receiver(user_locked_out)
def record_lockout(sender: Any, username: str = "", **_kwargs: Any) -> None:
    record_event("login_locked", subject=str(username or "")[:200])
