"""The photos of a reply over HTTP: uploading them, and deleting them before they are sent."""

from uuid import UUID

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from supportbot.conversations.models import Attachment, Conversation
from supportbot.conversations.visitors import Visitor
from supportbot.conversations.web.image_views import delete_unsent, serve_image, take_upload

from ..rights import can_answer, can_read


@require_POST
@admin.site.admin_view
def upload_photo(request: HttpRequest, pk: int) -> HttpResponse:
    """Store a photo that will be sent with a reply."""
    conversation = _get_own_conversation(request, pk)
    uploader = Visitor(user_id=request.user.pk)
    return take_upload(request, conversation, uploader, _build_url, is_limited=False)


@require_http_methods(["GET", "HEAD", "DELETE"])
@admin.site.admin_view
def photo_detail(request: HttpRequest, pk: int, image: UUID) -> HttpResponse:
    """A photo that was uploaded here: before it is sent it is its writer's alone, and then whoever may read sees it."""
    if request.method != "DELETE" and can_read(request.user):
        sent = Attachment.objects.filter(conversation=pk, public_id=image).exclude(message=None).first()
        if sent is not None:
            return serve_image(sent)
    conversation = _get_own_conversation(request, pk)
    if request.method == "DELETE":
        return delete_unsent(conversation, image)
    return serve_image(get_object_or_404(conversation.attachments, public_id=image))


def _get_own_conversation(request: HttpRequest, pk: int) -> Conversation:
    """The conversation, if this member of staff has it and may answer. Raises `PermissionDenied` if not."""
    mine = Conversation.objects.filter(pk=pk, owner=Conversation.Owner.HUMAN, assignee=request.user.pk)
    conversation = mine.select_related("user").first() if can_answer(request.user) else None
    if conversation is None:
        raise PermissionDenied
    return conversation


def _build_url(photo: Attachment) -> str:
    return reverse("desk-photo", args=[photo.conversation_id, photo.public_id])
