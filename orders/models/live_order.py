"""What a shop's platform last told of an order, so that late and doubled messages change nothing."""

from datetime import timedelta
from typing import Any

from django.db import models
from django.utils import timezone


class LiveOrder(models.Model):
    """An order that a platform tells of as it changes. The row stays when the order is deleted."""

    platform = models.CharField(max_length=20)
    shop = models.CharField(max_length=255, blank=True)  # its domain, for several shops of one platform
    platform_id = models.CharField(max_length=40)
    order = models.ForeignKey("orders.Order", models.SET_NULL, null=True, related_name="live")
    # How new the newest message was: by the platform's time of the change, the time at which it was sent, and the
    # stage of the order, for platforms whose times have whole seconds.
    changed_at = models.DateTimeField(null=True)
    sent_at = models.DateTimeField(null=True)
    stage = models.SmallIntegerField(default=0)
    deleted_at = models.DateTimeField(null=True)
    # Text by field of the order: what differs from it there was filled in by staff. Of a deleted one, its number and
    # time.
    told = models.JSONField(default=dict)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["platform_id", "platform", "shop"], name="one_row_a_live_order")
        ]

    def __str__(self) -> str:
        return f"{self.platform} {self.platform_id}"


class ProcessedDeliveryQuerySet(models.QuerySet["ProcessedDelivery"]):
    def delete_old(self) -> None:
        """Delete those that no platform sends again any more."""
        self.filter(received__lt=timezone.now() - timedelta(days=ProcessedDelivery.KEPT_DAYS)).delete()


class ProcessedDelivery(models.Model):
    """A message of a platform that was worked on, kept for a while since it may be sent again."""

    KEPT_DAYS = 30  # the platforms try again for two days at the most

    key = models.CharField(max_length=64, unique=True)
    body_digest = models.CharField(max_length=64)
    received = models.DateTimeField(default=timezone.now, db_index=True)

    objects: Any = ProcessedDeliveryQuerySet.as_manager()

    def __str__(self) -> str:
        return f"{self.key[:8]}, {self.received:%Y-%m-%d %H:%M}"
