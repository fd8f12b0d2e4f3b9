import secrets
import uuid

from django.db import models
from django.urls import reverse
from django.utils import timezone

FOLDER = "attachments"  # of the storage


def random_name(_attachment: "Attachment", filename: str) -> str:
    """A name that nobody can guess and that holds nothing of the customer's own file name but its ending."""
    ending = filename.rpartition(".")[2]
    return f"{FOLDER}/{secrets.token_hex(20)}.{ending}"


class Attachment(models.Model):
    """A picture that a customer sent: written anew by us, and served only to those who may read the conversation.

    One without a message was uploaded and not sent yet.
    """

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    conversation = models.ForeignKey("Conversation", models.CASCADE, related_name="attachments")
    message = models.ForeignKey("Message", models.CASCADE, null=True, blank=True, related_name="attachments")
    position = models.PositiveSmallIntegerField(default=0, help_text="Among the pictures of its message.")
    file = models.FileField(upload_to=random_name, max_length=200)
    content_type = models.CharField(max_length=20)
    width = models.PositiveIntegerField()
    height = models.PositiveIntegerField()
    size = models.PositiveIntegerField(help_text="Bytes as stored.")
    created = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["position", "pk"]
        indexes = [
            models.Index(fields=["created"], condition=models.Q(message=None), name="unsent_attachments"),
        ]

    def __str__(self) -> str:
        return f"Image {self.public_id}"

    def get_absolute_url(self) -> str:
        return reverse("image", args=[self.conversation.public_id, self.public_id])
