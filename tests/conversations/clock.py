"""A clock that goes as a test says."""

from datetime import datetime, timedelta

from django.utils import timezone


class Clock:
    """The clock of the wall, and the monotonic one, as this process reads them."""

    def __init__(self) -> None:
        self.monotonic, self.wall = 1000.0, timezone.now()

    def now(self) -> datetime:
        return self.wall

    def advance(self, seconds: float) -> None:
        self.monotonic += seconds
        self.set_by(seconds)

    def set_by(self, seconds: float) -> None:
        """A suspended machine wakes up, or somebody sets its clock."""
        self.wall += timedelta(seconds=seconds)
