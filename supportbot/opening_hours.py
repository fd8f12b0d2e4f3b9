"""When the team answers: OPENING_HOURS, HOLIDAYS and TIME_ZONE of the environment."""

from datetime import datetime


def is_open(moment: datetime) -> bool:
    """Whether the team answers at that moment. Without OPENING_HOURS it always does."""
    return True


def find_next_opening(moment: datetime) -> datetime | None:
    """When the team answers again after `moment`, in the shop's time zone; None when it answers now."""
    return None


def describe_opening_hours() -> str:
    """The hours as a customer reads them, such as “Monday to Friday, 9:00–17:00”; empty when there are none."""
    return ""
